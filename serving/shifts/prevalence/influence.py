"""How far one article moves a share, and how far an error of the confusion matrix does: to first order."""

from __future__ import annotations

import numpy as np

from .confusion import Confusion
from .context import STRENGTH
from .quantify import Method, mixture_rates

RIDGE = 1e-6


def influences(
    shares: np.ndarray, confusion: Confusion, *, method: Method, articles: np.ndarray | float = np.inf
) -> np.ndarray:
    """What a unit more of an answer, in a cell's distribution of answers, adds to its shares of the classes.

    Of the likelihood methods one Newton step with the expected information at the shares; of the others exact, as
    long as no share is at its end.

    Args:
        shares: ``(cells, S)`` or ``(cells, K)``, as `state_shares` has them, inside the simplex.
        articles: of each cell, ``(cells,)``: the fewer, the more hold the contexts of a class to what is known.

    Returns:
        ``(cells, K, B)``, or ``(1, K, B)`` where it is the same everywhere; sums to 0 over K.
    """
    if method in ("count", "probability"):
        values = confusion.decided if method == "count" else confusion.values
        return values.T[None]
    if method in ("adjusted", "probabilistic"):
        tangent = _tangent(confusion.rates.shape[0])
        values = confusion.decided if method == "adjusted" else confusion.values
        inside = tangent.T @ confusion.rates @ values  # (K - 1, K)
        gram = inside @ inside.T
        solved = np.linalg.solve(gram + RIDGE * np.eye(len(gram)), inside)
        return (tangent @ solved @ values.T)[None]
    rates = mixture_rates(confusion, method=method)
    tangent = _tangent(len(rates))
    mixed = np.maximum(shares @ rates, 1e-12)
    inside = (tangent.T @ rates)[None] / mixed[:, None, :]
    information = (inside * mixed[:, None, :]) @ inside.transpose(0, 2, 1)
    members = confusion.members if method == "matching" else np.eye(len(rates))
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
