"""How many passages a step has, and how many tokens a GPU holds at once."""

from __future__ import annotations

import math

import torch

from ...model.network import PassageClassifier
from ..settings import TrainSettings
from .long_texts import PIECE_TOKENS

USUAL, MOST = 32, 128
STEPS = 100
"""In an epoch, at least, if batches are to be larger than usual: fewer steps learn less."""


def pick_batch(settings: TrainSettings, *, passages: int, device: str) -> int:
    """Passages a step. `auto` is 32 on a CPU, where larger ones save nothing.

    On a GPU it is the largest power of two from 32 to 128 that leaves an epoch 100 steps. Memory has no say in it: what
    does not fit at once is added up from pieces.
    """
    if settings.batch != "auto":
        return settings.batch
    if device == "cpu":
        return USUAL
    return min(max(USUAL, 2 ** int(math.log2(max(passages / STEPS, 1)))), MOST)


def with_batch(settings: TrainSettings, *, passages: int) -> TrainSettings:
    """The settings with this size of a batch; where it was left to us, the rates rise with its square root.

    The square-root rule for adaptive gradients (Malladi et al. 2022, "On the SDEs and Scaling Rules for Adaptive
    Gradient Algorithms"), from the size of 32 that the rates are meant for.

    Args:
        settings: with numbers for both rates.
    """
    factor = math.sqrt(passages / USUAL) if settings.batch == "auto" else 1.0
    rates = {name: float(getattr(settings, name)) * factor for name in ("learning_rate", "head_learning_rate")}
    return settings.model_copy(update={"batch": passages, **rates})


def tokens_at_once(network: PassageClassifier, *, device: torch.device) -> int:
    """Padded tokens that a GPU is sure to hold while it learns from them; on a CPU, a usual number."""
    if device.type != "cuda":
        return PIECE_TOKENS
    free, _ = torch.cuda.mem_get_info(device)
    encoder = network.config.encoder
    return fitting_tokens(
        free,
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        layers=encoder.get("num_hidden_layers") or 12,
        width=encoder.get("hidden_size") or 768,
    )


def fitting_tokens(free: int, *, parameters: int, layers: int, width: int) -> int:
    """Padded tokens whose activations fit, at least those of one long passage.

    A layer keeps 34 bytes a token and unit of width in half precision, attention matrices not kept (Korthikanti et al.
    2022, "Reducing Activation Recomputation in Large Transformer Models", eq. 1); autocast keeps some in float32,
    so that twice as many are reckoned with. A parameter takes 12 bytes more for its gradient and Adam's moments. A
    fifth of the memory stays free.

    Args:
        free: bytes, with the weights already there.
        width: of the hidden layers.
    """
    left = 0.8 * free - 12 * parameters
    return max(int(left / (2 * 34 * layers * width)), 512)
