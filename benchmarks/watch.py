"""How long a watch runs between false alarms, against what it states; how soon it sees a shift, beside peers.

    python benchmarks/watch.py [--series 160] [--json]

Series of one label at a share of 0.3, weekly, answered without error, volumes that swing (log-normal, 0.3): a year is
history, two years are watched. *independent*: nothing but sampling; *restless*: an intra-week correlation of 0.02;
*lasting*: the same, as an AR(1) process with 0.5 from week to week. Run lengths are alarms a year watched up to the
first, with exact Poisson intervals (95 %). Delays: the shift comes in week 26 of the watch, up or down at random; those
with an alarm before it are left out.

Peers have their one setting chosen in hindsight on the very series without a shift that are counted, as the most
alert one with no more alarms than narrashift's stated run length has. ADWIN and Page–Hinkley (river) are fed article by
article, CUSUM (Page 1954) weekly shares in standard deviations of the year before.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from river.drift import ADWIN, PageHinkley
from scipy.stats import chi2

from narrashift.serving.shifts.changes.cost import sums
from narrashift.serving.shifts.changes.dispersion import estimate_dispersion
from narrashift.serving.shifts.changes.stacked import stacked
from narrashift.serving.shifts.watching.calibration import HORIZON, MEMORY, Tail, calibrate, common_noise
from narrashift.serving.shifts.watching.detector import latest_gains, rests_on_several
from narrashift.serving.shifts.watching.series import calmed

WEEKS = 365.25 / 7
HISTORY, WATCHED, AT = 52, 104, 26
LEVEL, SWING = 0.3, 0.3
KINDS = {"independent": (0.0, 0.0), "restless": (0.02, 0.0), "lasting": (0.02, 0.5)}
ARTICLES = (10, 50, 200)
SHIFTS = (0.1, 0.2, 0.3)
HINDSIGHT = (5.0, 7.0, 10.0, 14.0, 20.0)
"""Stated run lengths among which that is chosen in hindsight, as the peers' settings are."""
MEMBERS = 18
"""Series of a source with the default codebook and narratives."""
STATED = (5.0, 20.0, 100.0, 20.0 * MEMBERS)
"""Years between false alarms of a series: the three sensitivities of a source with one, and `medium` with all."""


@dataclass(frozen=True)
class Drawn:
    """Series side by side: ``(series, weeks)`` articles, and those with the label."""

    articles: np.ndarray
    on: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        return np.stack([self.articles - self.on, self.on], axis=-1)


def draw(kind: str, articles: int, *, series: int, shift: float, rng: np.random.Generator) -> Drawn:
    """A year and two years of so many series."""
    spread, correlation = KINDS[kind]
    weeks = HISTORY + WATCHED
    deviation = rng.standard_normal((series, weeks))
    for week in range(1, weeks):
        fresh = np.sqrt(1 - correlation**2) * deviation[:, week]
        deviation[:, week] = correlation * deviation[:, week - 1] + fresh
    direction = np.where(rng.random(series) < 0.5, 1, -1)[:, None]
    middle = LEVEL + shift / 2 if shift else LEVEL  # so that neither level is below 0.2
    late = np.arange(weeks) >= HISTORY + AT
    level = middle + direction * shift * (late - 0.5) if shift else np.full((series, weeks), LEVEL)
    share = np.clip(level + np.sqrt(spread * level * (1 - level)) * deviation, 0, 1)
    volume = np.maximum(rng.poisson(articles * np.exp(SWING * rng.standard_normal((series, weeks)) - SWING**2 / 2)), 1)
    return Drawn(volume.astype(float), rng.binomial(volume, share).astype(float))


def watched(drawn: Drawn, *, stated: tuple[float, ...], history: int = HISTORY) -> np.ndarray:
    """Week of the watch in which each series has its first alarm: ``(stated, series)``, infinite without one."""
    noise = common_noise(classes=2, seed=0)
    series = len(drawn.articles)
    first = np.full((len(stated), series), np.inf)
    tails: list[Tail] = []
    begins = HISTORY - history
    spread = np.zeros(series)
    for week in range(HISTORY, HISTORY + WATCHED):
        if (week - HISTORY) % HORIZON == 0:
            past = stacked(drawn.counts[:, max(begins, week - MEMORY) : week])
            dispersion = estimate_dispersion(past)
            spread = dispersion.spread
            fitted = [
                calibrate(
                    past.levels[i], articles=past.articles[i, : past.lengths[i]], within=float(past.within[i]),
                    spread=float(spread[i]), posterior=dispersion.posterior[i], noise=noise,
                )
                for i in range(series)
            ]  # fmt: skip
            tails = [tail for tail in fitted if tail is not None]
            assert len(tails) == series
        run = stacked(drawn.counts[:, begins : week + 1])
        weighted, _ = calmed(run, spread=spread)
        gains = latest_gains(sums(weighted), ends=np.array([weighted.shape[1]]))[:, 0]
        for row, years in enumerate(stated):
            bounds = np.array([tail.threshold(years=years, periods_per_year=WEEKS, members=1) for tail in tails])
            for i in np.flatnonzero(np.isinf(first[row]) & (gains >= bounds)):
                if rests_on_several(weighted[i], bound=bounds[i]):
                    first[row, i] = week - HISTORY
    return first


def run_length(first: np.ndarray) -> tuple[float, float, float]:
    """Years to an alarm, with 95 % interval: ``(series,)`` weeks of first alarms."""
    years = np.minimum(first + 1, WATCHED).sum() / WEEKS
    alarms = int(np.isfinite(first).sum())
    low = chi2.ppf(0.025, 2 * alarms) / 2 if alarms else 0.0
    high = chi2.ppf(0.975, 2 * alarms + 2) / 2
    return years / alarms if alarms else np.inf, years / high, years / low if low else np.inf


def delays(first: np.ndarray) -> np.ndarray:
    """Weeks of the new level that an alarm took, infinite where none came; without those alarmed before."""
    return first[first >= AT] - AT + 1


# ---- peers: a score by week, whose alarm is where it passes a bound -------------------------------------------------


def cusum(drawn: Drawn, *, slack: float = 0.5) -> np.ndarray:
    """Two-sided CUSUM of weekly shares: ``(series, watched)``."""
    share = drawn.on / drawn.articles
    past = share[:, :HISTORY]
    scaled = (share[:, HISTORY:] - past.mean(axis=1, keepdims=True)) / past.std(axis=1, ddof=1, keepdims=True)
    up = down = np.zeros(len(share))
    found = []
    for z in scaled.T:
        up, down = np.maximum(0, up + z - slack), np.maximum(0, down - z - slack)
        found.append(np.maximum(up, down))
    return np.stack(found, axis=1)


def fed(drawn: Drawn, make: Callable[[], ADWIN | PageHinkley], *, rng: np.random.Generator) -> np.ndarray:
    """Week of the watch of a river detector's first alarm in each series: ``(series,)``."""
    first = np.full(len(drawn.articles), np.inf)
    for row in range(len(first)):
        detector = make()
        for week in range(HISTORY + WATCHED):
            values = np.zeros(int(drawn.articles[row, week]))
            values[: int(drawn.on[row, week])] = 1
            alarm = False
            for value in rng.permutation(values).tolist():
                detector.update(value)
                alarm = alarm or detector.drift_detected
            if alarm and week >= HISTORY:
                first[row] = week - HISTORY
                break
    return first


def first_above(score: np.ndarray, bound: float) -> np.ndarray:
    over = score >= bound
    return np.where(over.any(axis=1), over.argmax(axis=1), np.inf)


RIVER: dict[str, tuple[Callable[[float], Callable[[], ADWIN | PageHinkley]], np.ndarray]] = {
    "ADWIN": (lambda s: lambda: ADWIN(delta=10.0**-s, clock=8), np.linspace(1, 24, 16)),
    "Page–Hinkley": (
        lambda s: lambda: PageHinkley(min_instances=30, delta=0.02, threshold=s, alpha=1.0, mode="both"),
        np.geomspace(5, 320, 16),
    ),
}


def peers(*, series: int, years: float) -> dict[str, list[np.ndarray]]:
    """Each peer's run lengths without a shift and delays by size, at 50 articles, over all kinds of weeks."""

    def drawn(shift: float, seed: int) -> list[Drawn]:
        return [
            draw(kind, 50, series=series, shift=shift, rng=np.random.default_rng([seed, k]))
            for k, kind in enumerate(KINDS)
        ]

    quiet, shifted = drawn(0.0, 7), [drawn(shift, 8 + i) for i, shift in enumerate(SHIFTS)]
    own = [np.concatenate([watched(d, stated=HINDSIGHT) for d in kinds], axis=1) for kinds in (quiet, *shifted)]
    best = next(row for row in range(len(HINDSIGHT)) if run_length(own[0][row])[0] >= years)
    found = {
        f"narrashift, stated {HINDSIGHT[row]:g} years": [first[row] for first in own]
        for row in dict.fromkeys((HINDSIGHT.index(years), best))
    }
    scores = [np.concatenate([cusum(d) for d in kinds]) for kinds in (quiet, *shifted)]
    bound = next(b for b in np.geomspace(2, 400, 200) if run_length(first_above(scores[0], b))[0] >= years)
    found["CUSUM"] = [first_above(score, bound) for score in scores]
    for name, (make, settings) in RIVER.items():

        def run(kinds: list[Drawn], setting: float, make=make) -> np.ndarray:
            return np.concatenate([fed(d, make(setting), rng=np.random.default_rng(0)) for d in kinds])

        low, high = 0, len(settings) - 1
        while low < high:
            middle = (low + high) // 2
            enough = run_length(run(quiet, settings[middle]))[0] >= years
            low, high = (low, middle) if enough else (middle + 1, high)
        found[name] = [run(kinds, settings[low]) for kinds in (quiet, *shifted)]
        say(f"{name}: setting {settings[low]:.3g}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=160, help="of a cell without a shift")
    parser.add_argument("--json", action="store_true", help="one flat JSON object on standard output")
    arguments = parser.parse_args()
    figures: dict[str, float] = {}
    pooled = []
    head = " | ".join(f"stated {years:g} years" for years in STATED)
    say(f"| articles a week | weeks | {head} |\n|---|---|---|---|---|---|")
    for articles in ARTICLES:
        for k, kind in enumerate(KINDS):
            rng = np.random.default_rng([articles, k])
            first = watched(draw(kind, articles, series=arguments.series, shift=0.0, rng=rng), stated=STATED)
            pooled.append(first)
            say(row(f"{articles} | {kind}", first))
            figures[f"years_between_false_alarms/{articles}/{kind}"] = run_length(first[1])[0]
    say(row("all | all", np.concatenate(pooled, axis=1)))
    figures["years_between_false_alarms"] = run_length(np.concatenate(pooled, axis=1)[1])[0]
    rng = np.random.default_rng(5)
    short = draw("independent", 50, series=arguments.series, shift=0.0, rng=rng)
    say(row("50 | independent, learnt from 8 weeks", watched(short, stated=STATED, history=8)))
    say(f"processor seconds: {time.process_time():.0f}")
    head = " | ".join(f"{100 * shift:.0f} points" for shift in SHIFTS)
    say(f"| articles a week | weeks | {head} |\n|---|---|---|---|---|")
    for articles in ARTICLES:
        for k, kind in enumerate(KINDS):
            cells = []
            for shift in SHIFTS:
                rng = np.random.default_rng([articles, k, round(100 * shift)])
                drawn = draw(kind, articles, series=arguments.series // 4, shift=shift, rng=rng)
                waits = delays(watched(drawn, stated=(STATED[-1],))[0])
                cells.append(waited(waits))
                figures[f"delay/{articles}/{kind}/{shift:g}"] = float(np.median(waits))
            say(f"| {articles} | {kind} | " + " | ".join(cells) + " |")
    say(f"processor seconds: {time.process_time():.0f}")
    say(f"| at 20 years | years between false alarms | {head} |\n|---|---|---|---|---|")
    for name, (quiet, *shifted) in peers(series=max(arguments.series // 5, 5), years=20.0).items():
        years, low, high = run_length(quiet)
        figures[f"delay/{name}"] = float(np.median(delays(shifted[1])))
        say(
            f"| {name} | {years:.0f} [{low:.0f}, {high:.0f}] | " + " | ".join(waited(delays(f)) for f in shifted) + " |"
        )
    say(f"processor seconds: {time.process_time():.0f}")
    if arguments.json:
        print(json.dumps({name: value if np.isfinite(value) else None for name, value in figures.items()}))


def row(name: str, first: np.ndarray) -> str:
    told = ("{:.0f} [{:.0f}, {:.0f}]".format(*run_length(own)) for own in first)
    return f"| {name} | " + " | ".join(told) + " |"


def waited(waits: np.ndarray) -> str:
    """Median, and shares within 4, 8 and 26 weeks."""
    return f"{np.median(waits):g}; " + ", ".join(f"{np.mean(waits <= weeks):.2f}" for weeks in (4, 8, 26))


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
