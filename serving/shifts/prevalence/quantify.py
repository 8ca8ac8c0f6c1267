"""Shares of the classes from counts of answers: raw, and corrected for what the classifier gets wrong."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from .confusion import Confusion
from .context import STRENGTH
from .mixture import MakeUp, least_squares_shares, mixture_shares
from .shrinkage import Shrunk, shrunk

Method = Literal["count", "probability", "adjusted", "probabilistic", "em", "matching", "shrunk"]
"""Ways of quantification, under the field's names (Forman 2008; Bella et al. 2010; Saerens et al. 2002):

count: classify and count, the raw share of decided labels.
probability: probabilistic classify and count, the mean calibrated probability.
adjusted: adjusted count, counts undone by the confusion matrix.
probabilistic: probabilistic adjusted count, the same with probabilities.
em: the posteriors adjusted to the dump's own shares, by expectation maximisation.
matching: distribution matching by maximum likelihood: the shares under which held-out answers, class, certainty and
    context, are distributed as those of the dump (Garg et al. 2020). Shares of the contexts within a class are the
    dump's own too, as far as it has articles to tell them; the fewer it has, the more they are as among the held-out.
shrunk: matching, shrunk to the count the more, the nearer decided shares are to those of held-out passages
    (`shrinkage.py`).
"""
METHODS: tuple[Method, ...] = get_args(Method)
DEFAULT: Method = "shrunk"
BY_STATE = ("matching", "shrunk")
"""Whose shares are sums over the states of a confusion."""


def shares(counts: np.ndarray, confusion: Confusion, *, method: Method = DEFAULT) -> np.ndarray:
    """Shares of the classes in each cell (a source's period, say).

    Args:
        counts: ``(cells, B)``, how often each answer was given. Where an article has several passages, each counts
            for its part of the article.

    Returns:
        ``(cells, K)``, rows sum to 1; NaN where a cell has no count.
    """
    found = state_shares(counts, confusion, method=method)
    return class_shares(found, counts, confusion, method=method)


def class_shares(states: np.ndarray, counts: np.ndarray, confusion: Confusion, *, method: Method) -> np.ndarray:
    """Shares of the classes, ``(cells, K)``, from `state_shares` of these counts."""
    if method == "shrunk":
        return shrunk_shares(states, counts, confusion).shares
    return states @ confusion.members if method in BY_STATE else states


def shrunk_shares(states: np.ndarray, counts: np.ndarray, confusion: Confusion) -> Shrunk:
    """The same of `shrunk`, with what it is made of."""
    articles = counts.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        decided = counts @ confusion.decided / articles[:, None]
    return shrunk(states @ confusion.members, decided, confusion, articles=articles)


def state_shares(counts: np.ndarray, confusion: Confusion, *, method: Method = DEFAULT) -> np.ndarray:
    """The same of the confusion's states, ``(cells, S)``, where `BY_STATE`; of the classes by every other method."""
    if method in BY_STATE:
        return mixture_shares(counts, confusion.states, make_up=make_up_of(confusion))
    if method == "em":
        return mixture_shares(counts, mixture_rates(confusion, method=method))
    values = confusion.decided if method in ("count", "adjusted") else confusion.values
    with np.errstate(invalid="ignore", divide="ignore"):
        means = counts @ values / counts.sum(axis=1, keepdims=True)
    if method in ("count", "probability"):
        return means
    return least_squares_shares(means, confusion.rates @ values)


def make_up_of(confusion: Confusion) -> MakeUp:
    """What is known of the contexts of each class."""
    return MakeUp(confusion.classes, confusion.make_up, STRENGTH)


def mixture_rates(confusion: Confusion, *, method: Method) -> np.ndarray:
    """How often each state (of `em` each class, as Bayes' rule says from the posteriors) gives each answer."""
    if method in BY_STATE:
        return confusion.states
    return confusion.values.T * (confusion.prior @ confusion.rates) / confusion.prior[:, None]
