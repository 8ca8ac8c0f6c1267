"""Which of many findings to believe: the false discovery rate over all series of a run."""

from __future__ import annotations

import numpy as np


def q_values(p_values: np.ndarray, *, tests: int) -> np.ndarray:
    """Benjamini and Hochberg's adjusted p-values (1995).

    Args:
        p_values: ``(findings,)``, 0..1.
        tests: how many series were searched; those without a finding count with p = 1.

    Returns:
        ``(findings,)``: the least false discovery rate at which each finding is still believed.
    """
    if tests < len(p_values):
        raise ValueError(f"{len(p_values)} findings of {tests} tests")
    order = np.argsort(p_values)
    scaled = np.asarray(p_values)[order] * tests / np.arange(1, len(order) + 1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1)
    return adjusted
