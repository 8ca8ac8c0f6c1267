"""Every question's votes gathered and weighed, and which labels they decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...model.codebook import Codebook
from .combine import Combined, combine
from .functions import LabellingFunction
from .graded import votes_of_bundle, votes_of_wording
from .votes import SILENT, Question, Votes, questions_of, votes_of_functions


@dataclass(frozen=True)
class Weighed:
    """One question's votes and what they say together."""

    question: Question
    votes: list[Votes]
    combined: Combined


def weigh(
    rows: Sequence[Mapping[str, Any]],
    *,
    codebook: Codebook,
    functions: Sequence[LabellingFunction] = (),
    shares: Mapping[str, np.ndarray],
    vectors: np.ndarray | None = None,
    sentences: Mapping[str, tuple[list[str], np.ndarray]] | None = None,
    bundles: Mapping[str, Mapping[str, np.ndarray]] | None = None,
) -> list[Weighed]:
    """Every question's votes, weighed. Questions that nobody votes on are left out.

    Args:
        rows: with a `text` and whatever columns the functions look at.
        vectors, sentences: as in `votes_of_wording`; without them the codebook's wording does not vote.
        bundles: name -> task -> ``(passages, leaves)`` probabilities.
    """
    questions = questions_of(codebook)
    votes = votes_of_functions(functions, rows, questions=questions, shares=shares)
    if vectors is not None and sentences is not None:
        votes += votes_of_wording(vectors, sentences, questions=questions, shares=shares)
    for name, probabilities in (bundles or {}).items():
        votes += votes_of_bundle(name, probabilities, codebook=codebook, questions=questions)
    found = []
    for question in questions:
        own = [one for one in votes if one.question == question]
        if own:
            found.append(Weighed(question, own, combine(own, shares=shares[question.name])))
    return found


def decided_labels(
    weighed: Sequence[Weighed], *, task: str, codebook: Codebook, sure: float
) -> tuple[list[Any], np.ndarray]:
    """A task's decided labels and its probabilities ``(passages, leaves)``.

    A label is decided (else None) where each of the task's questions has an answer of probability `sure`. Where nobody
    spoke whose word is enough alone, evidence is thin: a single task has no label then, and a leaf of a multi task
    is off where it is surely off. Probabilities are NaN where there is no label and nobody spoke.
    """
    own = [one for one in weighed if one.question.task == task]
    leaves = codebook.tasks[task].leaves
    if not own or (codebook.tasks[task].kind == "multi" and len(own) < len(leaves)):
        passages = len(weighed[0].combined.probabilities)
        return [None] * passages, np.full((passages, len(leaves)), np.nan)
    spoken = np.stack([_spoken(each) for each in own], axis=1)
    spoke = spoken.any(axis=1)
    if codebook.tasks[task].kind == "single":
        probabilities = own[0].combined.probabilities
        is_sure = (probabilities.max(axis=1) >= sure) & spoke
        names: list[Any] = [leaves[best] for best in probabilities.argmax(axis=1)]
    else:
        probabilities = np.stack([one.combined.probabilities[:, 1] for one in own], axis=1)
        is_sure = np.maximum(probabilities, 1 - probabilities).min(axis=1) >= sure
        names = [[leaf for leaf, p in zip(leaves, row, strict=True) if p >= sure] for row in probabilities]
        surely = np.maximum(probabilities, 1 - probabilities) >= sure
        probabilities = np.where(surely & ~spoken, probabilities.round(), probabilities)
    hard = [name if yes else None for name, yes in zip(names, is_sure, strict=True)]
    return hard, np.where((is_sure | spoke)[:, None], probabilities, np.nan)


def _spoken(weighed: Weighed) -> np.ndarray:
    """Where anyone spoke on a question whose word is enough alone: ``(passages,)`` bool."""
    nobody = np.zeros(len(weighed.combined.probabilities), dtype=bool)
    return np.any([one.said != SILENT for one in weighed.votes if one.alone] or [nobody], axis=0)
