"""Unlabelled passages and settings for adaptations that take a second."""

from __future__ import annotations

from pathlib import Path

import pytest

from narrashift.training.adapting.settings import AdaptSettings


@pytest.fixture(scope="session")
def texts(early_rows: list[dict]) -> list[str]:
    return list(dict.fromkeys(row["text"] for row in early_rows))[:160]


@pytest.fixture(scope="session")
def settings(tiny_backbone: Path) -> AdaptSettings:
    return AdaptSettings(
        backbone=str(tiny_backbone), epochs=2, step_tokens=256, max_tokens=64, learning_rate=3e-3,
        head_learning_rate=1e-2, held_out=0.2, precision="fp32",
    )  # fmt: skip
