"""Voters that answer everywhere, more or less surely: the codebook's own wording, and bundles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...model.codebook import Codebook
from .votes import Question, Votes

STEPS = 5
"""Answers of the codebook's wording to a yes-or-no question, each given for a fifth of the passages."""
MARGINS = 3
"""Answers of it for each class of a single task, by how far ahead the class is."""
GRADES = np.array([0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98])
"""Between these probabilities a bundle's answers differ."""
DOUBT = 0.02
"""Belief in the wording: next to none, the others tell."""
TRUST = 1.0
"""Belief in what a bundle says of itself: its probabilities were calibrated on labelled passages."""


def wording(codebook: Codebook) -> dict[str, list[tuple[str, str]]]:
    """Task -> (leaf, sentence) of what each leaf means and of its examples."""
    return {
        name: [
            (leaf, sentence)
            for leaf in task.leaves
            for sentence in (task.labels[leaf].means, *task.labels[leaf].examples)
        ]
        for name, task in codebook.tasks.items()
    }


def votes_of_wording(
    vectors: np.ndarray,
    sentences: Mapping[str, tuple[list[str], np.ndarray]],
    *,
    questions: Sequence[Question],
    shares: Mapping[str, np.ndarray],
) -> list[Votes]:
    """Votes by which wording a passage is nearest to, compared with how near the others are.

    Nothing is believed of them beforehand: what is nearest to "the same for Russia" is for the others to tell.

    Args:
        vectors: ``(passages, dimensions)``, of length 1.
        sentences: task -> leaf of each of its sentences, and their vectors.
    """
    found = []
    for question in questions:
        names, of_sentences = sentences[question.task]
        leaves = list(dict.fromkeys(names))
        near = np.stack(
            [(vectors @ of_sentences[[name == leaf for name in names]].T).mean(axis=1) for leaf in leaves], axis=1
        )
        near -= near.mean(axis=0)
        ahead = near - near.mean(axis=1, keepdims=True)
        if question.label is None:
            best = ahead.argmax(axis=1)
            ordered = np.sort(ahead, axis=1)
            step = _quantile_steps(ordered[:, -1] - ordered[:, -2], MARGINS)
            worth = np.repeat(shares[question.name][None], len(leaves) * MARGINS, axis=0)
            found.append(
                Votes("wording", question, best * MARGINS + step, worth, graded=True, alone=False, belief=DOUBT)
            )
        else:
            step = _quantile_steps(ahead[:, leaves.index(question.label)], STEPS)
            worth = np.repeat(shares[question.name][None], STEPS, axis=0)
            found.append(Votes("wording", question, step, worth, graded=True, alone=False, belief=DOUBT))
    return found


def votes_of_bundle(
    name: str, probabilities: Mapping[str, np.ndarray], *, codebook: Codebook, questions: Sequence[Question]
) -> list[Votes]:
    """A bundle's answers: its most likely class, and within it how likely; believed at first as it says itself.

    Args:
        probabilities: task -> ``(passages, leaves)``; tasks that it does not know are left out.
    """
    found = []
    for question in questions:
        if question.task not in probabilities:
            continue
        known = probabilities[question.task]
        if question.label is not None:
            on = known[:, codebook.tasks[question.task].leaves.index(question.label)]
            known = np.stack([1 - on, on], axis=1)
            step = np.searchsorted(GRADES, on, side="right")
        else:
            step = known.argmax(axis=1) * (len(GRADES) + 1) + np.searchsorted(GRADES, known.max(axis=1), side="right")
        answers, said = np.unique(step, return_inverse=True)
        told = np.stack([known[said == answer].mean(axis=0) for answer in range(len(answers))])
        found.append(Votes(name, question, said.astype(np.int64), told, graded=True, belief=TRUST))
    return found


def _quantile_steps(values: np.ndarray, steps: int) -> np.ndarray:
    """In which of so many equally frequent stretches each value lies, the lowest 0."""
    edges = np.quantile(values, np.arange(1, steps) / steps)
    return np.searchsorted(edges, values, side="right")
