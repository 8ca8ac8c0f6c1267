"""Seconds and memory to search all series of many sources for changes, and how they grow with the sources.

    python benchmarks/shift_cost.py [--sources 125 250 500 1000] [--weeks 200] [--json]

A source has a stance (three classes), seven frames and six techniques: 14 series, drawn from levels of their own with
over-dispersed weeks, 50 articles on average; a third of the sources have a shift. Each size runs in a process of its
own. Processor seconds are given too: they count where other work shares the cores.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time

import numpy as np

from narrashift.model.cores import usable_cores
from narrashift.serving.shifts.changes.search import find_changes
from narrashift.serving.shifts.changes.volume import find_volume_changes

SERIES = 14


def main() -> None:
    own = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    own.add_argument("--sources", type=int, nargs="+", default=[125, 250, 500, 1000])
    own.add_argument("--weeks", type=int, default=200)
    own.add_argument("--json", action="store_true", help="one flat JSON object as the last line")
    own.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    arguments = own.parse_args()
    if arguments.one:
        print(json.dumps(measured(arguments.sources[0], arguments.weeks)))
        return
    figures: dict[str, float] = {}
    print(f"{usable_cores()} cores\n\n| sources | series | s | processor s | peak MB | changes |")
    print("|---|---|---|---|---|---|")
    for sources in arguments.sources:
        command = [sys.executable, __file__, "--one", "--sources", str(sources), "--weeks", str(arguments.weeks)]
        row = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        figures |= {f"{name}/{sources}": value for name, value in row.items()}
        cells = [f"{value:,.0f}" for value in (sources, sources * SERIES, *row.values())]
        print("| " + " | ".join(cells) + " |", flush=True)
    if arguments.json:
        print(json.dumps(figures))


def measured(sources: int, weeks: int) -> dict[str, float]:
    """Of one size: seconds, processor seconds, peak memory, changes found."""
    counts, squares = drawn(sources, weeks)
    started, spent = time.perf_counter(), time.process_time()
    found = find_changes(
        counts=counts, squares=squares, source=np.repeat(np.arange(sources), SERIES), periods_per_year=365.2425 / 7
    )
    find_volume_changes(counts[::SERIES].sum(axis=2), periods_per_year=365.2425 / 7)
    return {
        "seconds": time.perf_counter() - started,
        "processor_seconds": time.process_time() - spent,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "changes": sum(len(series.changes) for series in found),
    }


def drawn(sources: int, weeks: int) -> tuple[np.ndarray, np.ndarray]:
    """Counts and sums of squares ``(series, weeks, 3)``; the first series of a source has three classes."""
    rng = np.random.default_rng(0)
    series = sources * SERIES
    volume = rng.poisson(50 * np.exp(0.3 * rng.standard_normal((sources, weeks)))).repeat(SERIES, axis=0)
    levels = rng.beta(1, 4, size=(series, 1)) + np.zeros((1, weeks))
    for source in range(0, sources, 3):
        at = rng.integers(20, weeks - 20)
        own = slice(source * SERIES, source * SERIES + SERIES)
        levels[own, at:] = rng.beta(1, 4, size=(SERIES, 1))
    shares = np.clip(levels + 0.07 * np.sqrt(levels * (1 - levels)) * rng.standard_normal((series, weeks)), 0, 1)
    on = rng.binomial(volume, shares)
    third = np.where(np.arange(series)[:, None] % SERIES == 0, rng.binomial(volume - on, 0.3), 0)
    counts = np.stack([volume - on - third, on, third], axis=2).astype(float)
    return counts, counts * 0.8


if __name__ == "__main__":
    main()
