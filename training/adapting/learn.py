"""Pretrain an encoder further on unlabelled passages; interruptible and resumable, to the bit."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from ...model.device import pick_device
from ...model.errors import Interrupted
from ...model.progress import Progress
from ...model.tokens import budget_batches
from ..learning import checkpoint
from ..learning.checkpoint import Position
from ..learning.fine_tune import pick_precision, stop_on_ctrl_c
from ..learning.optimizer import set_rate
from .backbone import MaskedBackbone
from .losses import held_out_loss, losses, mask_batch, sentence_vectors
from .masking import Encoded, Masking
from .settings import AdaptSettings

CHECKPOINT_SECONDS = 300
OnEpoch = Callable[[dict[str, float]], None]


def learn(
    backbone: MaskedBackbone,
    passages: Encoded,
    *,
    held_out: Encoded,
    masking: Masking,
    settings: AdaptSettings,
    work: Path,
    position: Position,
    progress: Progress,
    on_epoch: OnEpoch,
) -> list[dict[str, float]]:
    """Train by masked language modelling (Devlin et al. 2019; Gururangan et al. 2020, "Don't Stop Pretraining").

    A fresh head knows nothing, and its gradients would undo what a sentence encoder can. So such an encoder is held to
    what it was: of the masked passage it must give the sentence vector that it gave of the whole one (distillation
    from itself, after Li & Hoiem 2016, "Learning without Forgetting").

    Args:
        backbone: trained in place.
        held_out: passages on which the loss is measured before the first and after each epoch, with the same masks.
        work: folder for the checkpoints of this run.
        position: where to begin; anything but the start is restored from `work`.
        on_epoch: called with each epoch's measurements, those before the first as epoch 0.

    Returns:
        What was measured: `epoch`, `held_out/loss` (nats a masked token), `held_out/perplexity`, and, behind the first
        epoch, `train/loss` (with the anchor's) and `train/tokens_per_s`.

    Raises:
        Interrupted: Ctrl-C; the state after the last whole step is in `work`.
    """
    torch.manual_seed(settings.seed)
    device = torch.device(pick_device(settings.device))
    model = backbone.model.to(device)
    optimizer, learnt = build_optimizer(backbone, settings=settings)
    bf16 = pick_precision(settings.precision, device=device.type) == "bf16"
    steps = count_steps(passages.lengths, settings=settings)
    asked = mask_batch(held_out, np.arange(len(held_out.ids)), masking=masking, rng=np.random.default_rng(0))
    anchors = sentence_vectors(backbone, passages, bf16=bf16) if backbone.is_fresh and settings.anchor else None
    checkpoint.restore(work, position, network=learnt, optimizer=optimizer)

    def measured(epoch: int) -> dict[str, float]:
        loss = held_out_loss(backbone, asked, settings=settings, bf16=bf16)
        return {"epoch": epoch, "held_out/loss": loss, "held_out/perplexity": math.exp(min(loss, 700))}

    if not position.history:
        position.history.append(measured(0))
        on_epoch(position.history[0])
    started, last_saved = time.monotonic() - position.seconds, time.monotonic()
    with stop_on_ctrl_c() as stopped:
        while position.step < steps:
            tokens_before, epoch_started = position.tokens, time.monotonic()
            model.train()
            batches = epoch_batches(passages.lengths, settings=settings, epoch=position.epoch)
            for chosen in batches[position.batch :][: steps - position.step]:
                rng = np.random.default_rng((settings.seed, position.epoch, position.batch))
                batch = mask_batch(passages, chosen, masking=masking, rng=rng, anchors=anchors)
                set_rate(optimizer, step=position.step, steps=steps, warmup=settings.warmup)
                loss = 0.0
                for share in losses(backbone, batch, bf16=bf16, anchor=settings.anchor):
                    share.backward()
                    loss += share.item()
                nn.utils.clip_grad_norm_(learnt.parameters(), 1.0)
                optimizer.step()
                optimizer.zero_grad(set_to_none=True)
                position.loss_sum += loss
                position.tokens += sum(map(len, batch.ids))
                position.step += 1
                position.batch += 1
                position.seconds = time.monotonic() - started
                progress(f"adapting, pass {position.epoch + 1}", position.step, steps)
                if stopped.is_set() or time.monotonic() - last_saved > CHECKPOINT_SECONDS:
                    checkpoint.save(work, position, network=learnt, optimizer=optimizer)
                    last_saved = time.monotonic()
                if stopped.is_set():
                    raise Interrupted
            speed = (position.tokens - tokens_before) / max(time.monotonic() - epoch_started, 1e-9)
            position.history.append(
                measured(position.epoch + 1)
                | {"train/loss": position.loss_sum / max(position.batch, 1), "train/tokens_per_s": speed}
            )
            position.epoch, position.batch, position.loss_sum = position.epoch + 1, 0, 0.0
            checkpoint.save(work, position, network=learnt, optimizer=optimizer)
            last_saved = time.monotonic()
            on_epoch(position.history[-1])
            if stopped.is_set():
                raise Interrupted
    backbone.model.cpu().eval()
    return position.history


def build_optimizer(
    backbone: MaskedBackbone, *, settings: AdaptSettings
) -> tuple[torch.optim.Optimizer, nn.ParameterList]:
    """AdamW over what is not frozen, and that as a module whose state can be saved: tied weights are in it once."""
    if settings.freeze_embeddings:
        backbone.model.get_input_embeddings().weight.requires_grad_(False)
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in backbone.model.named_parameters():
        if parameter.requires_grad:
            is_new = backbone.is_fresh and backbone.is_head(name)
            rate = settings.head_learning_rate if is_new else settings.learning_rate
            groups.setdefault((rate, settings.weight_decay if parameter.ndim > 1 else 0.0), []).append(parameter)
    described: list[dict[str, Any]] = [
        {"params": parameters, "lr": rate, "peak": rate, "weight_decay": decay}
        for (rate, decay), parameters in groups.items()
    ]
    learnt = nn.ParameterList(itertools.chain.from_iterable(groups.values()))
    return torch.optim.AdamW(described, fused=True), learnt


def count_steps(lengths: np.ndarray, *, settings: AdaptSettings) -> int:
    """Steps of the whole run."""
    if settings.steps is not None:
        return settings.steps
    return sum(len(epoch_batches(lengths, settings=settings, epoch=epoch)) for epoch in range(settings.epochs))


def epoch_batches(lengths: np.ndarray, *, settings: AdaptSettings, epoch: int) -> list[np.ndarray]:
    """Batches of passages of like length with about as many tokens each, in an order that seed and epoch decide.

    Shuffled, sorted by length within stretches of about 32 batches, cut by the budget of tokens, and the batches
    shuffled: little padding, and still another mix in every epoch.
    """
    rng = np.random.default_rng((settings.seed, epoch))
    order = rng.permutation(len(lengths))
    stretch = max(32 * settings.step_tokens // max(int(lengths.mean()), 1), 1)
    batches: list[np.ndarray] = []
    for start in range(0, len(order), stretch):
        part = order[start : start + stretch]
        part = part[np.argsort(lengths[part], kind="stable")]
        batches += budget_batches(lengths, tokens=settings.step_tokens, order=part)
    return [batches[i] for i in rng.permutation(len(batches))]
