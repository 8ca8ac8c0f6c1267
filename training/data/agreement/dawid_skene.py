"""The label that annotators of different quality hold together: the model of Dawid and Skene."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ROUNDS = 200
CHANGE = 1e-6
LEAST = 1e-300
SMOOTHING = 0.5
"""Answers that each annotator is taken to have given beforehand, spread over the labels by their shares."""


@dataclass(frozen=True)
class Consensus:
    """What annotators hold together, and how each of them errs.

    Attributes:
        probabilities: ``(passages, kinds)``, of each value being the true one; NaN where nobody labelled.
        confusions: ``(annotators, kinds, kinds)``, share of the answers (columns) to passages of each truth (rows).
        shares: ``(kinds,)``, of the true values.
    """

    probabilities: np.ndarray
    confusions: np.ndarray
    shares: np.ndarray


def dawid_skene(values: np.ndarray, *, kinds: int) -> Consensus:
    """Fit truths and every annotator's confusions in turn, from the majority on (expectation–maximisation).

    Dawid & Skene 1979, "Maximum Likelihood Estimation of Observer Error-Rates Using the EM Algorithm"; confusions are
    drawn a little towards all annotators' shares of the answers, so that few answers do not make certain.

    Args:
        values: ``(annotators, passages)`` int, below `kinds`, -1 where missing.
    """
    alike, place, number = np.unique(values.T, axis=0, return_inverse=True, return_counts=True)  # one step for them all
    answers = (alike.T[:, :, None] == np.arange(kinds)).astype(float)  # annotators, patterns of answers, kinds
    votes = answers.sum(axis=0)
    known = votes.sum(axis=1) > 0
    weight = np.where(known, number, 0.0)
    overall = weight @ votes / max((weight @ votes).sum(), 1)
    truth = np.divide(votes, votes.sum(axis=1, keepdims=True), out=np.zeros_like(votes), where=known[:, None])
    for _ in range(ROUNDS):
        shares = (weight @ truth + SMOOTHING * overall) / (weight.sum() + SMOOTHING)
        given = np.stack([(truth * weight[:, None]).T @ own for own in answers]) + SMOOTHING * overall
        confusions = given / np.maximum(given.sum(axis=2, keepdims=True), LEAST)
        logs = np.log(np.maximum(shares, LEAST)) + sum(
            own @ np.log(np.maximum(confusion, LEAST)).T for own, confusion in zip(answers, confusions, strict=True)
        )
        new = np.exp(logs - logs.max(axis=1, keepdims=True))
        new /= new.sum(axis=1, keepdims=True)
        new[~known] = 0.0
        moved = np.abs(new - truth).max(initial=0.0)
        truth = new
        if moved < CHANGE:
            break
    return Consensus(np.where(known[:, None], truth, np.nan)[place.ravel()], confusions, shares)


def majority(values: np.ndarray, *, kinds: int) -> np.ndarray:
    """Share of the votes for each value: ``(passages, kinds)``, NaN where nobody labelled."""
    votes = (values[:, :, None] == np.arange(kinds)).sum(axis=0).astype(float)
    total = votes.sum(axis=1, keepdims=True)
    return np.divide(votes, total, out=np.full_like(votes, np.nan), where=total > 0)
