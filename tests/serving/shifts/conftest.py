"""A classifier that errs as told: its held-out answers, and dumps that it answers in the same way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, softmax

from narrashift.model.decision import Decision
from narrashift.model.held_out import HeldOut

from .folders import Folder, write_scores


@pytest.fixture(scope="session")
def draw_held_out(codebook) -> Callable[..., HeldOut]:
    """`draw_held_out(2_000, seed=0)`: passages with 20 % pro-Russian stance and each frame and technique on in 15 %."""

    def draw(passages: int, *, seed: int = 0, signal: float = 2.0, on: float = 0.15) -> HeldOut:
        rng = np.random.default_rng(seed)
        stance = rng.choice(3, passages, p=[0.3, 0.2, 0.5])
        seen = rng.normal(size=(passages, 3)) + signal * np.eye(3)[stance]
        logits = signal * seen + np.log([0.3, 0.2, 0.5])  # by Bayes: calibrated
        targets, probs = {"stance": stance}, {"stance": softmax(logits, axis=1).astype(np.float32)}
        for name in ("frame", "technique"):
            targets[name] = (rng.random((passages, len(codebook.tasks[name].leaves))) < on).astype(float)
            noise = rng.normal(size=targets[name].shape)
            logit = signal * (signal * targets[name] + noise) - signal**2 / 2 + np.log(on / (1 - on))
            probs[name] = expit(logit).astype(np.float32)
        return HeldOut(
            bundle="0123456789abcdef",
            codebook=codebook,
            decision=Decision.default(codebook),
            probabilities=probs,
            targets=targets,
            weights=np.ones(passages),
            groups=np.arange(passages),
            parts=np.full(passages, "test"),
        )

    return draw


@pytest.fixture(scope="session")
def held_out(draw_held_out) -> HeldOut:
    return draw_held_out(2_000)


@pytest.fixture(scope="session")
def crowd(draw_held_out) -> HeldOut:
    """Passages to draw dumps from, which the confusions have not seen."""
    return draw_held_out(20_000, seed=1)


@pytest.fixture
def scored(tmp_path: Path) -> Folder:
    """Writes rows to a score folder, and tells which."""

    def write(rows: Sequence[Mapping], name: str = "scores", **options: object) -> Path:
        return write_scores(tmp_path / name, rows, **options)

    return write
