"""What the voters with a network of their own make of passages: bundles, and the codebook's wording."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...model.codebook import Codebook
from ...model.errors import UserError
from ...model.prediction import load
from ...model.pretrained import PretrainedEncoder
from ...model.progress import Progress, silent
from .graded import wording


def ask_bundle(folder: Path, texts: Sequence[str], *, codebook: Codebook, progress: Progress) -> dict[str, np.ndarray]:
    """A bundle's probabilities ``(passages, leaves)`` for the tasks that it knows with the same leaves.

    Raises:
        UserError: it knows none of them.
    """
    progress(f"asking {folder.name}", 0, 0)
    predictor = load(folder, exported=True)
    known = predictor.codebook.tasks
    tasks = [name for name, task in codebook.tasks.items() if name in known and known[name].leaves == task.leaves]
    if not tasks:
        raise UserError(f"{folder}: it knows no task of this codebook with the same labels")
    found = predictor.predict(texts)
    return {
        name: np.array([[one.probabilities[name][leaf] for leaf in codebook.tasks[name].leaves] for one in found])
        for name in tasks
    }


def compare_wording(
    texts: Sequence[str], *, backbone: str, codebook: Codebook, progress: Progress
) -> tuple[np.ndarray, dict[str, tuple[list[str], np.ndarray]]]:
    """Vectors ``(passages, dimensions)``, and task -> leaf of each sentence of its wording with their vectors."""
    said = wording(codebook)
    flat = [sentence for each in said.values() for _, sentence in each]
    vectors = sentence_vectors([*texts, *flat], backbone=backbone, progress=progress)
    sentences, at = {}, len(texts)
    for name, each in said.items():
        sentences[name] = ([leaf for leaf, _ in each], vectors[at : at + len(each)])
        at += len(each)
    return vectors[: len(texts)], sentences


def sentence_vectors(texts: Sequence[str], *, backbone: str, progress: Progress = silent) -> np.ndarray:
    """Vectors ``(texts, dimensions)`` of length 1 by a pretrained encoder that was made to compare sentences."""
    encoder, done = PretrainedEncoder(backbone), 0

    def tick(count: int) -> None:
        nonlocal done
        done += count
        progress("reading passages", done, len(texts))

    return encoder.vectors(texts, tick=tick)
