"""Train a student to give the network's probabilities."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ...model.codebook import Codebook
from ...model.decision import Decision
from ...model.progress import Progress
from ...model.tokens import pad
from ..learning.fine_tune import epoch_batches
from .network import StudentNetwork
from .settings import DistillSettings


@dataclass(frozen=True)
class Lessons:
    """Passages to learn from, and what the student is to say of them.

    Attributes:
        ids: token ids, an array a passage.
        counted: logits of the words counted, which the student's own are added to; ``(passages, leaves)``.
        wanted: the network's logits, ``(passages, leaves)``.
    """

    ids: Sequence[np.ndarray]
    counted: np.ndarray
    wanted: np.ndarray

    def part(self, chosen: np.ndarray) -> Lessons:
        return Lessons([self.ids[i] for i in chosen], self.counted[chosen], self.wanted[chosen])


class ImitationLoss:
    """Cross-entropy of the student's probabilities with the network's calibrated ones (Hinton et al. 2015)."""

    def __init__(self, *, codebook: Codebook, decision: Decision) -> None:
        self.tasks = [
            (task.kind, len(task.leaves), decision.tasks[name].temperature) for name, task in codebook.tasks.items()
        ]

    def __call__(self, logits: Tensor, wanted: Tensor) -> Tensor:
        total = logits.new_zeros(())
        sizes = [leaves for _, leaves, _ in self.tasks]
        for (kind, _, temperature), mine, its in zip(
            self.tasks, logits.split(sizes, dim=1), wanted.split(sizes, dim=1), strict=True
        ):
            if kind == "single":
                total = total + functional.cross_entropy(mine / temperature, (its / temperature).softmax(dim=1))
            else:
                one = functional.binary_cross_entropy_with_logits(
                    mine / temperature, (its / temperature).sigmoid(), reduction="none"
                )
                total = total + one.sum(dim=1).mean()
        return total


def learn(
    network: StudentNetwork,
    lessons: Lessons,
    *,
    validation: Lessons,
    loss_of: ImitationLoss,
    settings: DistillSettings,
    progress: Progress,
) -> None:
    """Train in place, until the validation loss has not fallen for `patience` epochs; its best weights are kept."""
    sparse = [network.embedding.weight]
    dense = [weight for name, weight in network.named_parameters() if not name.startswith("embedding")]
    optimizers = [
        torch.optim.SparseAdam(sparse, lr=settings.learning_rate),
        torch.optim.AdamW(dense, lr=settings.learning_rate),
    ]
    steps = settings.epochs * -(-len(lessons.ids) // settings.batch)
    schedules = [
        torch.optim.lr_scheduler.OneCycleLR(o, settings.learning_rate, total_steps=steps, cycle_momentum=False)
        for o in optimizers
    ]
    lengths = np.array([len(row) for row in lessons.ids])
    best, best_loss, waited, step = copy.deepcopy(network.state_dict()), float("inf"), 0, 0
    for epoch in range(settings.epochs):
        network.train()
        for batch in epoch_batches(lengths, batch=settings.batch, seed=settings.seed, epoch=epoch):
            chosen = lessons.part(batch)
            loss = loss_of(_answer(network, chosen), torch.from_numpy(chosen.wanted))
            for optimizer in optimizers:
                optimizer.zero_grad()
            loss.backward()
            for optimizer, schedule in zip(optimizers, schedules, strict=True):
                optimizer.step()
                schedule.step()
            step += 1
            progress("training the student", step, steps)
        found = _validate(network, validation, loss_of=loss_of, batch=settings.batch)
        if found < best_loss:
            best, best_loss, waited = copy.deepcopy(network.state_dict()), found, 0
        else:
            waited += 1
            if waited > settings.patience:
                break
    network.load_state_dict(best)


def _answer(network: StudentNetwork, lessons: Lessons) -> Tensor:
    ids, mask = map(torch.from_numpy, pad(lessons.ids, pad_id=0))
    return network(ids, mask) + torch.from_numpy(lessons.counted)


def _validate(network: StudentNetwork, lessons: Lessons, *, loss_of: ImitationLoss, batch: int) -> float:
    network.eval()
    total = 0.0
    with torch.inference_mode():
        for start in range(0, len(lessons.ids), batch):
            part = lessons.part(np.arange(start, min(start + batch, len(lessons.ids))))
            total += loss_of(_answer(network, part), torch.from_numpy(part.wanted)).item() * len(part.ids)
    return total / len(lessons.ids)
