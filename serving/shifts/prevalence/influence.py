"""How far one article moves a share, and how far an error of the confusion matrix does: to first order."""

from __future__ import annotations

import numpy as np

from .confusion import Confusion
from .quantify import Method, mixture_rates

RIDGE = 1e-6


def influences(shares: np.ndarray, confusion: Confusion, *, method: Method) -> np.ndarray:
    """What a unit more of an answer, in a cell's distribution of answers, adds to its shares.

    Of the likelihood methods one Newton step with the expected information at the shares; of the others exact, as
    long as no share is at its end.

    Args:
        shares: ``(cells, K)``, inside the simplex.

    Returns:
        ``(cells, K, B)``, or ``(1, K, B)`` where it is the same everywhere; sums to 0 over K.
    """
    if method in ("count", "probability"):
        values = confusion.decided if method == "count" else confusion.values
        return values.T[None]
    tangent = _tangent(confusion.rates.shape[0])
    if method in ("adjusted", "probabilistic"):
        values = confusion.decided if method == "adjusted" else confusion.values
        inside = tangent.T @ confusion.rates @ values  # (K - 1, K)
        gram = inside @ inside.T
        solved = np.linalg.solve(gram + RIDGE * np.eye(len(gram)), inside)
        return (tangent @ solved @ values.T)[None]
    rates = mixture_rates(confusion, method=method)
    mixed = np.maximum(shares @ rates, 1e-12)
    scores = rates[None] / mixed[:, None, :]
    inside = np.einsum("kt,ckb->ctb", tangent, scores)
    information = np.einsum("ctb,cub,cb->ctu", inside, inside, mixed)
    size = information.shape[-1]
    information += RIDGE * (1 + np.trace(information, axis1=1, axis2=2))[:, None, None] * np.eye(size)
    return np.einsum("kt,ctb->ckb", tangent, np.linalg.solve(information, inside))


def _tangent(classes: int) -> np.ndarray:
    """Orthonormal directions in which shares can move, their sum staying 1: ``(K, K - 1)``."""
    basis, _ = np.linalg.qr(np.eye(classes)[:, :-1] - 1 / classes)
    return basis
