"""False alarms in simulated sources whose weeks are restless in ways that streams of passages are not.

    python benchmarks/shift_alarms.py [--sources 60] [--json]

Of each kind as many sources, of 14 series each over 78 weeks (50 articles a week, share 0.3, where nothing else is
said), searched as `narrashift shift` searches, asked for 0.05 false alarms a source and year. Volumes vary by
themselves as those of `shift.py`. Below, campaigns: shares that rise for some weeks and return, and how often the
search says so, with a change at the beginning within two weeks.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from narrashift.serving.shifts.changes.search import find_changes

PER_YEAR = 365.2425 / 7
SERIES = 14
CAMPAIGNS = [(6, 0.3), (12, 0.2), (25, 0.2)]
"""Weeks that it lasts, and by how much the share rises."""
BEGINS = 30


@dataclass(frozen=True)
class Kind:
    """What weeks do.

    Attributes:
        spread: intra-week correlation; `correlation`: of neighbouring weeks' deviations.
        swing: standard deviation of the log of weekly volume.
        change: what is done to the `(series, weeks)` volumes and shares that were drawn.
    """

    name: str
    weeks: int = 78
    articles: int = 50
    share: float = 0.3
    spread: float = 0.0
    correlation: float = 0.0
    swing: float = 0.3
    change: Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray] | None = None


def doubled_week(volume: np.ndarray, share: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One week has twice the articles, all of them with the label."""
    volume[:, 40] *= 2
    share[:, 40] = 1
    return np.zeros_like(volume)


def events(volume: np.ndarray, share: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """30 points more for two weeks; one week in 20 begins such an event."""
    begins = rng.random(share.shape) < 0.05
    begins[:, 1:] |= begins[:, :-1]
    share += 0.3 * begins
    return np.zeros_like(volume)


def reprints(volume: np.ndarray, share: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """In every fifth week one article with the label stands 20 times."""
    more = np.zeros_like(volume)
    more[:, ::5] = 20
    return more


KINDS = [
    Kind("independent"),
    Kind("independent, 10 articles", articles=10),
    Kind("independent, share 0.03", share=0.03),
    Kind("intra-week correlation 0.02, fresh every week", spread=0.02),
    Kind("0.005, lasting (AR(1), 0.3): the most restless outlet", spread=0.005, correlation=0.3),
    Kind("0.01, lasting (AR(1), 0.5)", spread=0.01, correlation=0.5),
    Kind("0.02, lasting (AR(1), 0.5)", spread=0.02, correlation=0.5),
    Kind("0.02, lasting long (AR(1), 0.8)", spread=0.02, correlation=0.8),
    Kind("the same over 200 weeks", weeks=200, spread=0.02, correlation=0.8),
    Kind("volumes that swing by a factor of e", swing=1.0),
    Kind("one week with a doubled volume, all of it on", change=doubled_week),
    Kind("events of two weeks and 30 points, one week in 20 begins one", change=events),
    Kind("one article 20 times in every fifth week", change=reprints),
]


def drawn(kind: Kind, *, sources: int, rng: np.random.Generator) -> np.ndarray:
    """``(sources × series, weeks, 2)``; a source's series have one volume."""
    swing = kind.swing * rng.standard_normal((sources, kind.weeks)) - kind.swing**2 / 2
    volume = np.maximum(rng.poisson(kind.articles * np.exp(swing)), 1).repeat(SERIES, axis=0)
    noise = rng.standard_normal(volume.shape)
    for week in range(1, kind.weeks):
        noise[:, week] = kind.correlation * noise[:, week - 1] + np.sqrt(1 - kind.correlation**2) * noise[:, week]
    share = kind.share + np.sqrt(kind.spread * kind.share * (1 - kind.share)) * noise
    more = np.zeros_like(volume) if kind.change is None else kind.change(volume, share, rng)
    on = rng.binomial(volume, np.clip(share, 0, 1))
    return np.stack([volume - on, on + more], axis=2).astype(float)


def alarms(kind: Kind, *, sources: int) -> tuple[float, float]:
    """A source and year; and the standard error over sources."""
    counts = drawn(kind, sources=sources, rng=np.random.default_rng(11))
    source = np.arange(sources).repeat(SERIES)
    found = find_changes(counts=counts, source=source, periods_per_year=PER_YEAR)
    each = np.bincount(source, [len(one.changes) for one in found], minlength=sources) / (kind.weeks / PER_YEAR)
    return float(each.mean()), float(each.std(ddof=1) / np.sqrt(sources))


def campaign(weeks: int, size: float, *, sources: int) -> float:
    """Share of series in which its beginning is found; one campaign a source."""
    kind = Kind("campaign")
    rng = np.random.default_rng([weeks, round(100 * size)])
    counts = drawn(kind, sources=sources, rng=rng)
    during = counts[::SERIES, BEGINS : BEGINS + weeks]
    volume = during.sum(axis=2)
    on = rng.binomial(volume.astype(int), kind.share + size)
    counts[::SERIES, BEGINS : BEGINS + weeks] = np.stack([volume - on, on], axis=2)
    found = find_changes(counts=counts, source=np.arange(sources).repeat(SERIES), periods_per_year=PER_YEAR)
    return float(np.mean([any(abs(c.period - BEGINS) <= 2 for c in one.changes) for one in found[::SERIES]]))


def main() -> None:
    own = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    own.add_argument("--sources", type=int, default=60)
    own.add_argument("--json", action="store_true", help="one flat JSON object as the last line")
    arguments = own.parse_args()
    figures = {}
    print("| weeks | false alarms |\n|---|---|")
    for kind in KINDS:
        rate, error = alarms(kind, sources=arguments.sources)
        figures[f"false_alarms_per_source_year/{kind.name}"] = rate
        print(f"| {kind.name} | {rate:.2f} ± {error:.2f} |", flush=True)
    print("\n| campaign | found |\n|---|---|")
    for weeks, size in CAMPAIGNS:
        share = campaign(weeks, size, sources=arguments.sources)
        figures[f"campaign/{weeks}_weeks_{100 * size:.0f}_points"] = share
        print(f"| {weeks} weeks, {100 * size:.0f} points | {share:.2f} |", flush=True)
    if arguments.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
