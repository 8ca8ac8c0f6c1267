"""From a run length between false alarms to the gain that an alarm takes, by simulating the series' own future.

A series without a shift is drawn from its level, volumes and restlessness, its past as long as it is and its future a
year of weeks, and the detector is run over that future. The largest gain has an exponential tail (as in
`changes/tail.py`), off which small probabilities are read: of alarms that come as rarely as asked, at a constant
rate, a stretch of H periods holds one with probability 1 − exp(−H / run length) (Lai 1995).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..changes.cost import sums
from ..changes.dispersion import CELLS
from ..changes.tail import TAIL, tail_fit
from ..settings import Sensitivity
from .detector import latest_gains
from .noise import Noise, Null, draw_noise, simulate

SOURCE_YEARS: dict[Sensitivity, float] = {"low": 100.0, "medium": 20.0, "high": 5.0}
"""Average run length between false alarms, of a source with all its series: the rates of `narrashift shift`."""
HORIZON = 52
"""Periods that a calibration holds for: then the series is looked at anew."""
MEMORY = 156
"""Periods of the past that count at most."""
REPLICATES = 300
LEAST_GAIN = 1e-3


@dataclass(frozen=True)
class Tail:
    """The tail of the largest gain within `HORIZON` periods without a shift: where it begins, and its mean excess."""

    start: float
    excess: float

    def threshold(self, *, years: float, periods_per_year: float, members: int) -> float:
        """The gain that an alarm takes.

        Args:
            years: average run length between false alarms of the source.
            members: series of the source, which share its run length.
        """
        probability = -np.expm1(-HORIZON / (periods_per_year * years * members))
        return self.start + self.excess * max(float(np.log(TAIL / probability)), 0.0)

    def chance(self, gain: float) -> float:
        """Probability that `HORIZON` periods without a shift reach a gain at least as large; at most `TAIL`."""
        return float(TAIL * np.exp(-max(gain - self.start, 0.0) / self.excess))


def common_noise(*, classes: int, seed: int) -> Noise:
    """Random numbers for all series."""
    return draw_noise(replicates=REPLICATES, periods=MEMORY + HORIZON, classes=classes, seed=seed)


def calibrate(
    levels: np.ndarray, *, articles: np.ndarray, within: float, spread: float, posterior: np.ndarray, noise: Noise
) -> Tail | None:
    """The tail of one series; None where a class is so rare that no gain ever differs from another.

    Args:
        levels: ``(classes,)``, above 0: shares since the last change.
        articles: ``(periods,)``, above 0: of the periods since then; the future takes those of the last year again.
        within: variance of one article's value over that of a 0/1 value; `spread`: intra-period correlation.
        posterior: ``(cells,)``, of `dispersion.CELLS`.
    """
    past = articles[-MEMORY:]
    year = past[-HORIZON:]
    volumes = np.concatenate([past, year[np.arange(HORIZON) % len(year)]])
    null = Null(volumes, within, 1 / (within * (1 + volumes * spread)), restless_half(posterior))
    drawn = np.moveaxis(simulate(levels, null=null, noise=noise), 0, -1).astype(np.float64)
    ends = np.arange(len(past) + 1, len(volumes) + 1)
    largest = latest_gains(sums(drawn), ends=ends).max(axis=1)
    if not np.ptp(largest) > LEAST_GAIN:
        return None
    return Tail(*tail_fit(largest))


def restless_half(posterior: np.ndarray) -> np.ndarray:
    """A posterior of the noise, of `dispersion.CELLS`, without its quieter half by long-run variance.

    A year of weeks cannot tell whether deviations last: over all that is possible the run length came out as stated,
    but where they did last (AR(1), 0.5) it was half of that (`benchmarks/watch.py`).
    """
    order = np.argsort(CELLS[:, 0] * (1 + CELLS[:, 1]) / (1 - CELLS[:, 1]), kind="stable")
    sorted_ = posterior[order]
    kept = np.clip(np.cumsum(sorted_) - 0.5, 0, sorted_)
    half = np.empty_like(posterior)
    half[order] = kept / kept.sum()
    return half
