"""Which parameters learn, at which rate, and how the rate moves over the steps."""

from __future__ import annotations

import re
from typing import Any

import torch

from ...model.network import PassageClassifier
from ..settings import TrainSettings
from .schedule import with_schedule


def build_optimizer(network: PassageClassifier, *, settings: TrainSettings) -> torch.optim.Optimizer:
    """AdamW with layer-wise learning rates (Howard & Ruder 2018) over what is not frozen.

    The top layer has `learning_rate`, each one below it `layer_decay` times the one above, the
    embeddings are below the lowest; biases and normalisations have no weight decay. Rates left at `auto` are those
    for many passages.
    """
    settings = with_schedule(settings)
    layers = max(_layer(name) for name, _ in network.named_parameters())
    groups: dict[tuple[float, float], list[torch.nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        is_head = name.startswith("heads.")
        depth = layers if is_head else _layer(name)  # 0: embeddings, 1…layers
        parameter.requires_grad_(is_head or depth >= settings.freeze)
        if not parameter.requires_grad:
            continue
        rate = float(settings.learning_rate) * settings.layer_decay ** (layers - depth)
        rate = float(settings.head_learning_rate) if is_head else rate
        decay = settings.weight_decay if parameter.ndim > 1 else 0.0
        groups.setdefault((rate, decay), []).append(parameter)
    described: list[dict[str, Any]] = [
        {"params": parameters, "lr": rate, "peak": rate, "weight_decay": decay}
        for (rate, decay), parameters in groups.items()
    ]
    return torch.optim.AdamW(described, fused=True)


def set_rate(optimizer: torch.optim.Optimizer, *, step: int, steps: int, warmup: float) -> None:
    """Rise linearly over the share `warmup` of the steps, then fall linearly to zero."""
    rising = max(1, round(warmup * steps))
    factor = (step + 1) / rising if step < rising else (steps - step) / max(1, steps - rising)
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * factor


def _layer(name: str) -> int:
    """Number of the encoder layer that a parameter belongs to, from 1; 0 for embeddings and heads."""
    inside = re.search(r"\.layers?\.(\d+)\.", name)
    return int(inside[1]) + 1 if inside else 0
