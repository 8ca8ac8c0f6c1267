"""Bundles to teach a student, and texts to teach it with."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from narrashift.training.distilling.settings import DistillSettings


@pytest.fixture
def bundle(tiny_bundle: Path, tmp_path: Path) -> Path:
    """A copy of the tiny bundle, without a student."""
    shutil.copytree(tiny_bundle, tmp_path / "bundle")
    return tmp_path / "bundle"


@pytest.fixture(scope="session")
def texts(early_rows: list[dict]) -> list[str]:
    return list(dict.fromkeys(row["text"] for row in early_rows))[:200]


@pytest.fixture(scope="session")
def settings() -> DistillSettings:
    return DistillSettings(dimensions=8, filters=8, hidden=8, epochs=1, held_out=0.5)
