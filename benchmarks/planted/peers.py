"""Other ways to find a change in weekly shares or in articles' values, each with one setting to sweep.

Each takes one series of one stream and gives the weeks at which new levels begin. `strictness` is what has fewer
alarms the larger it is: a penalty for ruptures and the plain multinomial, a decision interval for CUSUM and
Page–Hinkley, −log10 delta for ADWIN.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import ruptures
from river.base import DriftDetector
from river.drift import ADWIN, PageHinkley

from narrashift.serving.shifts.changes.segment import partition

from .streams import Stream

SHORTEST = 4
REFERENCE = 12
"""Weeks from which CUSUM learns mean and standard deviation."""

Peer = Callable[[Stream, np.ndarray, float], list[int]]


def _shares(stream: Stream, values: np.ndarray) -> np.ndarray:
    sums = stream.sums(values)
    return sums / np.maximum(sums.sum(axis=1, keepdims=True), 1)


def _ruptures(kernel: str) -> Peer:
    def search(stream: Stream, values: np.ndarray, strictness: float) -> list[int]:
        shares = _shares(stream, values)
        shares = shares[:, 1:] if shares.shape[1] == 2 else shares
        if np.ptp(shares, axis=0).max() < 1e-9:
            return []
        # the same objective as ruptures.Pelt with l2 and rbf, and its PELT, in C
        return ruptures.KernelCPD(kernel=kernel, min_size=SHORTEST).fit(shares).predict(pen=strictness)[:-1]

    return search


def multinomial(stream: Stream, values: np.ndarray, strictness: float) -> list[int]:
    """The multinomial cost as it is, without over-dispersion; BIC is `strictness` = classes × log(weeks)."""
    counts = stream.sums(values)[None]
    return partition(counts, penalty=np.array([strictness]), shortest=SHORTEST)[0].tolist()


def cusum(stream: Stream, values: np.ndarray, strictness: float, *, slack: float = 0.5) -> list[int]:
    """Two-sided CUSUM (Page 1954) of the last class's share, in standard deviations of the first weeks.

    The new level begins where the sum last left zero; after an alarm it learns anew.
    """
    share = _shares(stream, values)[:, -1]
    found, start = [], 0
    while start + REFERENCE < len(share):
        first = share[start : start + REFERENCE]
        scaled = (share[start + REFERENCE :] - first.mean()) / max(first.std(ddof=1), 1e-3)
        up = down = 0.0
        left = [0, 0]
        for i, z in enumerate(scaled):
            up, down = max(0.0, up + z - slack), max(0.0, down - z - slack)
            left = [i + 1 if up == 0 else left[0], i + 1 if down == 0 else left[1]]
            if max(up, down) > strictness:
                begins = start + REFERENCE + left[0 if up > down else 1]
                found.append(begins)
                start = begins
                break
        else:
            break
    return found


def adwin(stream: Stream, values: np.ndarray, strictness: float) -> list[int]:
    """river's ADWIN, fed the last class's values article by article.

    It dates a change by its alarm: river drops few articles from the window at an alarm and empties it with the next
    one, so that where the window begins says nothing.
    """
    return _alarms(ADWIN(delta=10.0**-strictness, clock=8), stream, values)


def page_hinkley(stream: Stream, values: np.ndarray, strictness: float) -> list[int]:
    """river's Page–Hinkley, fed article by article; it dates a change by its alarm."""
    return _alarms(
        PageHinkley(min_instances=30, delta=0.02, threshold=strictness, alpha=1.0, mode="both"), stream, values
    )


def _alarms(detector: DriftDetector, stream: Stream, values: np.ndarray) -> list[int]:
    found = []
    for i, value in enumerate(values[:, -1].tolist()):
        detector.update(value)
        if detector.drift_detected:
            found.append(int(stream.week[i]))
    return found


PEERS: dict[str, tuple[Peer, Sequence[float]]] = {
    "ruptures_l2": (_ruptures("linear"), np.geomspace(0.005, 2, 64).tolist()),
    "ruptures_rbf": (_ruptures("rbf"), np.geomspace(0.5, 40, 64).tolist()),
    "multinomial": (multinomial, np.geomspace(4, 400, 64).tolist()),
    "cusum": (cusum, np.geomspace(2, 120, 64).tolist()),
    "adwin": (adwin, np.linspace(1, 64, 64).tolist()),
    "page_hinkley": (page_hinkley, np.geomspace(3, 1000, 64).tolist()),
}
"""Name -> search, and the settings that are swept, from alert to strict."""
