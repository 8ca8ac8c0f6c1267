"""How far one article moves a share, and how far an error of the confusion matrix does: to first order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .confusion import Confusion
from .context import STRENGTH
from .quantify import BY_STATE, Method, mixture_rates
from .shrinkage import shrunk, trust_slopes

RIDGE = 1e-6


@dataclass(frozen=True)
class Influences:
    """Slopes of a cell's shares of the classes, ``(cells, K, B)``, or ``(1, K, B)`` where they are the same everywhere.

    Attributes:
        answers: what a unit more of an answer, in the cell's distribution of answers, adds; sums to the same over K.
        confusion: what it adds through the correction alone: errors of the confusion matrix enter by these.
    """

    answers: np.ndarray
    confusion: np.ndarray


def influences(
    shares: np.ndarray, confusion: Confusion, *, method: Method, articles: np.ndarray | float = np.inf
) -> Influences:
    """How far answers move shares.

    Of the likelihood methods one Newton step with the expected information at the shares; of the others exact, as
    long as no share is at its end.

    Args:
        shares: ``(cells, S)`` or ``(cells, K)``, as `state_shares` has them, inside the simplex.
        articles: of each cell, ``(cells,)``: the fewer, the more hold the contexts of a class to what is known.
    """
    if method in ("count", "probability"):
        values = confusion.decided if method == "count" else confusion.values
        return Influences(values.T[None], np.zeros((1, *values.T.shape)))
    if method in ("adjusted", "probabilistic"):
        tangent = _tangent(confusion.rates.shape[0])
        values = confusion.decided if method == "adjusted" else confusion.values
        inside = tangent.T @ confusion.rates @ values  # (K - 1, K)
        gram = inside @ inside.T
        solved = np.linalg.solve(gram + RIDGE * np.eye(len(gram)), inside)
        slopes = (tangent @ solved @ values.T)[None]
        return Influences(slopes, slopes)
    slopes = _of_mixture(shares, confusion, method=method, articles=articles)
    if method == "em":  # it knows of no confusion matrix
        return Influences(slopes, np.zeros_like(slopes[:1]))
    if method == "matching":
        return Influences(slopes, slopes)
    decided = shares @ confusion.states @ confusion.decided
    own = shrunk(shares @ confusion.members, decided, confusion, articles=articles)
    part = own.trust[:, None, None]
    turned = own.apart[:, :, None] * trust_slopes(decided, confusion, articles=articles)[:, None, :]
    return Influences(part * slopes + (1 - part) * confusion.decided.T + turned, part * slopes)


def _of_mixture(
    shares: np.ndarray, confusion: Confusion, *, method: Method, articles: np.ndarray | float
) -> np.ndarray:
    rates = mixture_rates(confusion, method=method)
    tangent = _tangent(len(rates))
    mixed = np.maximum(shares @ rates, 1e-12)
    inside = (tangent.T @ rates)[None] / mixed[:, None, :]
    information = (inside * mixed[:, None, :]) @ inside.transpose(0, 2, 1)
    members = confusion.members if method in BY_STATE else np.eye(len(rates))
    if len(rates) > members.shape[1]:
        held = _held_make_up(shares, confusion) @ tangent
        strength = STRENGTH / np.broadcast_to(articles, len(shares))
        information += strength[:, None, None] * (held.transpose(0, 2, 1) @ held)
    size = information.shape[-1]
    information += RIDGE * (1 + np.trace(information, axis1=1, axis2=2))[:, None, None] * np.eye(size)
    return np.linalg.solve(information, tangent.T @ members).transpose(0, 2, 1) @ inside


def _held_make_up(shares: np.ndarray, confusion: Confusion) -> np.ndarray:
    """A root of the information that the prior on each class's make-up holds, for each article: ``(cells, S, S)``."""
    of_class = np.maximum((shares @ confusion.members)[:, confusion.classes], 1e-9)
    parts = np.maximum(shares / of_class, 1e-9)
    same = confusion.members @ confusion.members.T
    moved = (np.eye(len(same)) - parts[:, :, None] * same) / of_class[:, :, None]
    return moved / np.sqrt(parts)[:, :, None]


def _tangent(classes: int) -> np.ndarray:
    """Orthonormal directions in which shares can move, their sum staying 1: ``(K, K - 1)``."""
    basis, _ = np.linalg.qr(np.eye(classes)[:, :-1] - 1 / classes)
    return basis
