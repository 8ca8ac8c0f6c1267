"""What every voter contributed: how often it spoke, how often others contradicted it, what its answers are worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .votes import SILENT
from .weighing import Weighed

ALIKE = 0.3
"""Correlation of errors from which on two voters are named together."""


@dataclass(frozen=True)
class Voter:
    """One voter's part in one question.

    Attributes:
        meant: the class that it speaks for; of those that answer everywhere, empty.
        coverage: share of the passages where it speaks.
        conflict: of these, the share where another function speaks for another class; None for who speaks everywhere.
        believed, worth: how often it is right where it speaks, as believed and as estimated; of those that answer
            everywhere, the probability that it brings to the most likely class on average.
        weight: what is left of its evidence beside the voters that err with it.
        alike: the voter whose errors go with its own most, where they do.
    """

    name: str
    question: str
    meant: str
    coverage: float
    conflict: float | None
    believed: float
    worth: float
    weight: float
    alike: str | None


def voters(weighed: Weighed) -> list[Voter]:
    """Every voter of a question."""
    classes = weighed.question.classes
    spoken = {i: int(one.worth[0].argmax()) for i, one in enumerate(weighed.votes) if not one.graded}
    found = []
    for i, one in enumerate(weighed.votes):
        speaks = one.said != SILENT
        worth = weighed.combined.worth[i]
        others = [j for j in spoken if j != i and spoken[j] != spoken.get(i)]
        against = np.any([weighed.votes[j].said != SILENT for j in others] or [np.zeros(len(speaks), bool)], axis=0)
        alike = np.where(np.arange(len(weighed.votes)) == i, -1.0, weighed.combined.correlations[i])
        partner = int(alike.argmax())
        if one.graded:
            counts = np.bincount(one.said, minlength=len(worth)) / len(speaks)
            believed, estimated = float(counts @ one.worth.max(axis=1)), float(counts @ worth.max(axis=1))
        else:
            believed, estimated = float(one.worth[0].max()), float(worth[0, spoken[i]])
        found.append(
            Voter(
                name=one.voter,
                question=weighed.question.name,
                meant="" if one.graded else classes[spoken[i]],
                coverage=float(speaks.mean()),
                conflict=None if one.graded or not speaks.any() else float(against[speaks].mean()),
                believed=believed,
                worth=estimated,
                weight=float(weighed.combined.weights[i]),
                alike=weighed.votes[partner].voter if alike[partner] >= ALIKE else None,
            )
        )
    return found
