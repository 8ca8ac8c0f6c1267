"""What the student is taught: the network's probabilities."""

from __future__ import annotations

import numpy as np
import torch

from narrashift.model.decision import Decision, TaskDecision
from narrashift.training.distilling.learn import ImitationLoss, Lessons, learn
from narrashift.training.distilling.network import StudentNetwork
from narrashift.training.distilling.settings import DistillSettings


def test_the_loss_is_least_at_the_networks_own_logits(codebook):
    decision = Decision(
        tasks={
            name: TaskDecision(temperature=1.5, thresholds=task.thresholds)
            for name, task in Decision.default(codebook).tasks.items()
        }
    )
    loss = ImitationLoss(codebook=codebook, decision=decision)
    wanted = torch.randn(20, 14, generator=torch.Generator().manual_seed(0)).double()
    mine = wanted.clone().requires_grad_()
    loss(mine, wanted).backward()
    assert mine.grad.abs().max() < 1e-9
    assert loss(wanted + 0.5 * torch.randn_like(wanted), wanted) > loss(wanted, wanted)


def test_a_student_learns_what_words_mean_beside_those_that_are_counted(codebook):
    rng = np.random.default_rng(0)
    ids = [rng.integers(0, 40, size=rng.integers(3, 9)) for _ in range(600)]
    meaning = rng.normal(size=(40, 14)).astype(np.float32) * 4
    wanted = np.stack([meaning[row].mean(axis=0) for row in ids])
    counted = rng.normal(size=wanted.shape).astype(np.float32)
    lessons = Lessons(ids, counted, wanted + counted)
    torch.manual_seed(0)
    network = StudentNetwork(rng.normal(size=(40, 16)).astype(np.float32), filters=16, hidden=32, leaves=14)
    loss = ImitationLoss(codebook=codebook, decision=Decision.default(codebook))
    told = []
    learn(
        network, lessons.part(np.arange(500)), validation=lessons.part(np.arange(500, 600)), loss_of=loss,
        settings=DistillSettings(epochs=10, learning_rate=0.02, batch=32),
        progress=lambda what, done, total: told.append(done / total),
    )  # fmt: skip
    rest = lessons.part(np.arange(500, 600))
    found = network.tensors()
    from narrashift.model.convolution import StaticConvolution

    mine = StaticConvolution(found).logits(rest.ids)
    corr = [np.corrcoef(a, b)[0, 1] for a, b in zip(mine.T, (rest.wanted - rest.counted).T, strict=True)]
    assert np.mean(corr) > 0.7
    assert told == sorted(told)
