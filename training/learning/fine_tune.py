"""Fine-tune an encoder on all tasks at once, with early stopping; interruptible and resumable."""

from __future__ import annotations

import contextlib
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from ...model.device import pick_device
from ...model.errors import Interrupted
from ...model.network import PassageClassifier
from ...model.progress import Progress
from ...model.transformer import TransformerClassifier
from ..data.corpus import Corpus
from ..measuring.calibration import fit_decision
from ..measuring.evaluation import measure, predictions
from ..processes.job import hand_out
from ..processes.team import check_device, current_team
from ..settings import TrainSettings
from . import checkpoint
from .batch_size import pick_batch, tokens_at_once, with_batch
from .checkpoint import Position
from .long_texts import long_texts
from .loss import MultiTaskLoss, class_weights
from .optimizer import build_optimizer, set_rate
from .start import begin
from .step import Learner

CHECKPOINT_SECONDS = 300
TOO_FEW = 300
"""Validation passages below which chance decides which epoch is best: the last one is kept, its rate the lowest."""
OnEpoch = Callable[[dict[str, float]], None]


@dataclass(frozen=True)
class FineTuned:
    """The network with the weights of its best epoch, or its last, and what was measured after each."""

    network: PassageClassifier
    history: list[dict[str, float]]
    seconds: float


def fine_tune(
    network: PassageClassifier,
    tokenizer: Tokenizer,
    *,
    train: Corpus,
    validation: Corpus,
    settings: TrainSettings,
    work: Path,
    position: Position,
    progress: Progress,
    on_epoch: OnEpoch,
    state: Mapping[str, Tensor] | None = None,
) -> FineTuned:
    """Train until the validation macro-F1 has not risen for `patience` epochs; all of them by few passages.

    Args:
        network: with pretrained encoder; trained in place.
        tokenizer: with truncation and padding off.
        work: folder for the checkpoints of this run.
        position: where to begin; anything but the start is restored from `work`.
        on_epoch: called with each epoch's measurements.
        state: in a process that follows another, that one's weights and optimizer; it neither reads nor saves.

    Raises:
        Interrupted: Ctrl-C; the state after the last whole step is in `work`.
        UserError: another process of this training has gone; the same.
    """
    team = current_team()
    torch.manual_seed(team.seed(settings.seed, step=position.step))
    device = torch.device(pick_device(settings.device))
    check_device(device.type)
    torch.nn.Module.to(network, device)
    bf16 = pick_precision(settings.precision, device=device.type) == "bf16"
    position.passages = position.passages or pick_batch(settings, passages=len(train), device=device.type)
    fresh = state is None and not position.state_file
    chosen = begin(network, tokenizer, train=train, settings=settings, fresh=fresh, bf16=bf16)
    settings = with_batch(chosen, passages=position.passages)
    optimizer = build_optimizer(network, settings=settings)
    loss_of = MultiTaskLoss(train.codebook, weights=class_weights(train, settings=settings), settings=settings).to(
        device
    )
    texts = long_texts(tokenizer, train.texts, network=network)
    targets = {name: torch.from_numpy(values).to(device) for name, values in train.learned.items()}
    epochs = int(settings.epochs)
    steps = epochs * -(-len(train) // position.passages)
    learner = Learner(
        network, texts=texts, targets=targets, loss_of=loss_of, team=team, bf16=bf16,
        tokens=tokens_at_once(network, device=device),
    )  # fmt: skip
    if state is None:
        checkpoint.restore(work, position, network=network, optimizer=optimizer)
        state = checkpoint.tensors_of(network=network, optimizer=optimizer)
        hand_out(network, tokenizer, train=train, settings=chosen, position=position, state=state)
    else:
        checkpoint.put_back(state, network=network, optimizer=optimizer)
    started, last_saved = time.monotonic() - position.seconds, time.monotonic()
    save = partial(checkpoint.save, work, position, network=network, optimizer=optimizer)

    with stop_on_ctrl_c(also_terminated=team.size > 1) as stopped, team.leading(save=save):
        while position.epoch < epochs and not _out_of_patience(position, settings):
            tokens_before, epoch_started = position.tokens, time.monotonic()
            batches = epoch_batches(texts.lengths, batch=position.passages, seed=settings.seed, epoch=position.epoch)
            network.train()
            for batch in batches[position.batch :]:
                set_rate(optimizer, step=position.step, steps=steps, warmup=settings.warmup)
                position.loss_sum += learner.learn(batch)
                torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
                optimizer.step()
                optimizer.zero_grad(set_to_none=True)
                position.tokens += int(texts.lengths[batch].sum())
                position.step += 1
                position.batch += 1
                position.seconds = time.monotonic() - started
                progress(f"epoch {position.epoch + 1} of at most {epochs}", position.step, steps)
                if team.leads and time.monotonic() - last_saved > CHECKPOINT_SECONDS:
                    save()
                    last_saved = time.monotonic()
                stop, _ = team.sync(stop=stopped.is_set())  # up to here since `learn`, the others wait for the leader
                if stop:
                    if team.leads:
                        save()
                    raise Interrupted
            score = math.nan  # that no score is above: the present epoch is kept
            if team.leads:
                speed = (position.tokens - tokens_before) / max(time.monotonic() - epoch_started, 1e-9)
                measured = validate(network, tokenizer, corpus=validation, loss_of=loss_of, bf16=bf16) | {
                    "epoch": position.epoch + 1,
                    "train/loss": position.loss_sum / len(batches),
                    "train/tokens_per_s": speed,
                }
                if len(validation) >= TOO_FEW:
                    score = measured["validation/macro_f1"]
                position.history.append(measured)
                save(is_best=position.end_epoch(score))
                last_saved = time.monotonic()
                on_epoch(measured)
            stop, score = team.sync(stop=stopped.is_set(), score=score)
            if not team.leads:
                position.end_epoch(score)
            if stop:
                raise Interrupted
    if team.leads:
        checkpoint.load_best(work, position, network=network)
    return FineTuned(network=network.cpu(), history=position.history, seconds=position.seconds)


def _out_of_patience(position: Position, settings: TrainSettings) -> bool:
    return position.best_epoch >= 0 and position.epoch > position.best_epoch + settings.patience


def validate(
    network: PassageClassifier, tokenizer: Tokenizer, *, corpus: Corpus, loss_of: MultiTaskLoss, bf16: bool
) -> dict[str, float]:
    """Loss and macro-F1 on validation passages, the decision layer fitted to them as it will be at the end."""
    device = next(network.parameters()).device
    classifier = TransformerClassifier(network, tokenizer, device=str(device), precision="bf16" if bf16 else "fp32")
    logits = classifier.logits(corpus.texts).tasks
    with torch.inference_mode():
        loss = loss_of(
            {name: torch.from_numpy(values).to(device) for name, values in logits.items()},
            {name: torch.from_numpy(values).to(device) for name, values in corpus.targets.items()},
        ).item()
    decision = fit_decision(logits, corpus=corpus)
    report = measure(predictions(logits, decision=decision, codebook=corpus.codebook), corpus=corpus, resamples=1)
    by_task = {
        f"validation/{name}": figure.value for name, figure in report.figures.items() if name.startswith("macro_f1/")
    }
    return {"validation/loss": loss, "validation/macro_f1": report.score, **by_task}


def epoch_batches(lengths: np.ndarray, *, batch: int, seed: int, epoch: int) -> list[np.ndarray]:
    """Batches of passages of like length, in an order that only seed and epoch decide.

    Shuffled, sorted by length within stretches of 32 batches, cut into batches, and the batches shuffled:
    little padding, and still another mix in every epoch.
    """
    rng = np.random.default_rng((seed, epoch))
    order = rng.permutation(len(lengths))
    stretch = 32 * batch
    batches: list[np.ndarray] = []
    for start in range(0, len(order), stretch):
        part = order[start : start + stretch]
        part = part[np.argsort(lengths[part], kind="stable")]
        batches += [part[i : i + batch] for i in range(0, len(part), batch)]
    return [batches[i] for i in rng.permutation(len(batches))]


def pick_precision(name: str, *, device: str) -> str:
    """`auto` is bf16 on GPUs and processors that have bf16 instructions, else fp32."""
    if name != "auto":
        return name
    if device == "cuda":
        old = torch.cuda.is_available() and not torch.cuda.is_bf16_supported(including_emulation=False)
        return "fp32" if old else "bf16"
    supported: Any = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    return "bf16" if device == "cpu" and supported() else "fp32"


@contextlib.contextmanager
def stop_on_ctrl_c(*, also_terminated: bool = False) -> Iterator[threading.Event]:
    """An event that the first Ctrl-C sets; the second one interrupts at once. In the main thread only.

    Args:
        also_terminated: SIGTERM sets it too, however often it comes.
    """
    stopped = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stopped
        return
    numbers = [signal.SIGINT, *([signal.SIGTERM] if also_terminated else [])]

    def on_signal(number: int, frame: Any) -> None:
        if stopped.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        stopped.set()

    before = {number: signal.signal(number, on_signal) for number in numbers}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
