"""Engines: ways to run a bundle's network. Each is a `Classifier`; a new one is a file and a line here."""

from __future__ import annotations

from collections.abc import Callable

from ...model.bundle import Bundle
from ...model.classifier import Classifier
from ..settings import ScoreSettings
from .torch import open_torch

Open = Callable[[Bundle, ScoreSettings], Classifier]
ENGINES: dict[str, Open] = {"torch": open_torch}


def open_engine(bundle: Bundle, *, settings: ScoreSettings) -> Classifier:
    """The classifier that scores this bundle; a TF-IDF bundle is its own engine."""
    return bundle.classifier() if bundle.kind == "tfidf" else ENGINES[settings.engine](bundle, settings)
