"""Planted shifts in streams of real passages: how many are found, how late, and how often nothing is called a shift.

    python benchmarks/shift.py BUNDLE [--data dev.jsonl] [--streams 40] [--values own] [--json]

Streams are drawn from the two halves of ../shared/data/realwar/dev.jsonl in turn (without it, of the starter corpus's
test part), each passage with the answers that the bundle gives it: 52 to 104 weeks, one passage an article, a source
each. In shift streams the true share of one label moves by 10, 20 or 30 points in one week. `streams.py` has the rest.

*Found*: the planted label's series has a change within one week of the planted one. *F1*: of such changes, all other
changes of that series being false. *False alarms*: changes in any of a source's series in streams without a shift, a
source and year. *Delay*: the least number of weeks from the shift on after which it is found, data later than that
left out, over 20-point shifts at 50 articles a week; median. Intervals: 95 %, bootstrap over streams.

*Values*: what is averaged over a week's articles. `own`: the bundle's probabilities at the source's own label shares
(`changes/posteriors.py`), from shares in the starter corpus's test part; `soft`: its probabilities; `hard`: its
decided labels. Peers get the same. Each has its setting chosen in hindsight, on the very streams without a shift that
are counted here (of all volumes measured, as one run has sources of all), as the most alert one with no more than 0.05
false alarms a source and year. `--articles 50` gives them a setting for that volume alone.
CUSUM, ADWIN and Page–Hinkley watch each label by itself. `oracle` is told that there is a shift, and both levels: it
only dates.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from shift_peers import PEERS
from streams import BURSTS, REAL, STARTER, Pool, Stream, draw_stream, read_pools

from narrashift.serving.shifts.changes.posteriors import at_shares, own_shares
from narrashift.serving.shifts.changes.search import FALSE_ALARMS, Searched, Sensitivity, find_changes

WEEKS = 365.2425 / 7
ARTICLES = (10, 25, 50, 200)
SHIFTS = (0.1, 0.2, 0.3)
GOAL = 0.05
"""False alarms a source and year."""
LATER = (4, 5, 6, 7, 8, 10, 13, 17)
"""Weeks since a shift after which it is looked for."""


class Values:
    """What an article of a stream counts for a series: one of three readings of the bundle's answers; how to search."""

    def __init__(self, kind: str, *, trained: np.ndarray, sensitivity: Sensitivity = "medium") -> None:
        self.kind = kind
        self.sensitivity = sensitivity
        self.trained = trained

    def of(self, stream: Stream, pool: Pool, columns: Sequence[int]) -> np.ndarray:
        """``(articles, classes)``."""
        values = stream.values(pool.hard if self.kind == "hard" else pool.soft, columns)
        if self.kind != "own":
            return values
        shares = self.trained[list(columns)]
        shares = np.array([1 - shares[0], shares[0]]) if len(columns) == 1 else shares / shares.sum()
        return at_shares(values, trained=shares, shares=own_shares(values, trained=shares))


def searched(
    drawn: Sequence[tuple[Stream, Pool]], values: Values, *, threads: int | None = None
) -> list[list[Searched]]:
    """What is found in every series of every stream."""
    series = drawn[0][1].series()
    weeks, classes = max(stream.weeks for stream, _ in drawn), max(2, *map(len, series))
    counts = np.zeros((len(drawn), len(series), weeks, classes))
    squares = np.zeros_like(counts)
    for i, (stream, pool) in enumerate(drawn):
        for j, columns in enumerate(series):
            own = values.of(stream, pool, columns)
            counts[i, j, : stream.weeks, : own.shape[1]] = stream.sums(own)
            squares[i, j, : stream.weeks, : own.shape[1]] = stream.sums(own**2)
    flat = (len(drawn) * len(series), weeks, classes)
    found = find_changes(
        counts=counts.reshape(flat), squares=squares.reshape(flat), periods_per_year=WEEKS,
        source=np.repeat(np.arange(len(drawn)), len(series)), sensitivity=values.sensitivity,
    )  # fmt: skip
    return [found[i * len(series) : (i + 1) * len(series)] for i in range(len(drawn))]


def planted(stream: Stream, pool: Pool) -> int:
    """Which of the series holds the planted label."""
    return next(j for j, columns in enumerate(pool.series()) if stream.column in columns)


def main() -> None:
    arguments = parser().parse_args()
    pools = read_pools(arguments.bundle, data=arguments.data)
    starter = read_pools(arguments.bundle, data=STARTER)
    values = Values(
        arguments.values,
        trained=np.concatenate([half.true for half in starter]).mean(axis=0),
        sensitivity=arguments.sensitivity,
    )
    say(f"{arguments.data.name}: {[len(pool.true) for pool in pools]} passages a half, values: {arguments.values}")
    for pool in pools:
        say("planted: " + ", ".join(pool.labels[column][1] for column in pool.plantable()))
    cells = {
        (articles, burst, shift): drawn_cell(pools, articles, burst, shift, streams=arguments.streams)
        for articles in arguments.articles
        for burst in BURSTS
        for shift in (0.0, *SHIFTS)
    }
    started = time.perf_counter()
    found = {cell: searched(drawn, values) for cell, drawn in cells.items()}
    say(f"searched {sum(map(len, cells.values()))} streams in {time.perf_counter() - started:.0f} s")
    for line in tables(cells, found):
        say(line)
    figures = headline(cells, found, values)
    if arguments.peers:
        figures |= peer_figures(cells, values)
    print(json.dumps(figures) if arguments.json else "\n".join(f"{k}: {v:.3f}" for k, v in figures.items()))


def parser() -> argparse.ArgumentParser:
    own = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    own.add_argument("bundle", type=Path)
    own.add_argument("--data", type=Path, default=REAL if REAL.exists() else STARTER)
    own.add_argument("--streams", type=int, default=40, help="of each volume, burstiness and size of shift")
    own.add_argument("--articles", type=int, nargs="+", default=list(ARTICLES), help="a week; 50 among them")
    own.add_argument("--values", choices=("own", "soft", "hard"), default="own")
    own.add_argument("--sensitivity", choices=tuple(FALSE_ALARMS), default="medium")
    own.add_argument("--peers", action=argparse.BooleanOptionalAction, default=True)
    own.add_argument("--json", action="store_true", help="one flat JSON object as the last line")
    return own


Cells = dict[tuple[int, str, float], list[tuple[Stream, Pool]]]
Found = dict[tuple[int, str, float], list[list[Searched]]]


def drawn_cell(
    pools: Sequence[Pool], articles: int, burst: str, shift: float, *, streams: int
) -> list[tuple[Stream, Pool]]:
    """Streams of one cell, the same whatever else is measured."""
    rng = np.random.default_rng([articles, [*BURSTS].index(burst), round(100 * shift)])
    drawn = []
    for i in range(streams):
        pool = pools[i % len(pools)]
        options = {"articles": articles, "shift": shift, "burst": BURSTS[burst], "columns": pool.plantable()}
        drawn.append((draw_stream(pool, rng=rng, **options), pool))
    return drawn


def hits(drawn: Sequence[tuple[Stream, Pool]], changes: Sequence[Sequence[int]]) -> np.ndarray:
    """``(streams, 2)``: whether the shift was found, and the other changes; from the planted series' changes."""
    rows = []
    for (stream, _), own in zip(drawn, changes, strict=True):
        near = [abs(week - (stream.at or 0)) <= 1 for week in own]
        rows.append((any(near), len(near) - any(near)))
    return np.array(rows, dtype=float)


def f1(rows: np.ndarray) -> float:
    true, false = rows.sum(axis=0)
    return 2 * true / max(true + false + len(rows), 1)


def planted_changes(drawn: Sequence[tuple[Stream, Pool]], found: Sequence[Sequence[Searched]]) -> list[list[int]]:
    return [[c.period for c in own[planted(*one)].changes] for one, own in zip(drawn, found, strict=True)]


def alarms(drawn: Sequence[tuple[Stream, Pool]], found: Sequence[Sequence[Searched]]) -> np.ndarray:
    """``(streams, 2)``: changes in all series, and years."""
    counts = [sum(len(series.changes) for series in own) for own in found]
    return np.array([(count, stream.weeks / WEEKS) for count, (stream, _) in zip(counts, drawn, strict=True)])


def interval(rows: np.ndarray, figure: Callable[[np.ndarray], float]) -> tuple[float, float]:
    """95 %, bootstrap over streams."""
    rng = np.random.default_rng(0)
    drawn = [figure(rows[rng.integers(len(rows), size=len(rows))]) for _ in range(1000)]
    low, high = np.quantile(drawn, (0.025, 0.975))
    return float(low), float(high)


def rate(rows: np.ndarray) -> float:
    return float(rows[:, 0].sum() / rows[:, 1].sum())


def share(rows: np.ndarray) -> float:
    return float(rows[:, 0].mean())


def tables(cells: Cells, found: Found) -> list[str]:
    """What goes into benchmarks/README.md."""
    sizes = " | ".join(f"{100 * s:.0f} points: found, anywhere, F1, date in its interval" for s in SHIFTS)
    lines = [
        f"| articles a week | burstiness | false alarms | {sizes} | insufficient data |",
        "|" + "---|" * (4 + len(SHIFTS)),
    ]
    for articles in dict.fromkeys(cell[0] for cell in cells):
        for burst in BURSTS:
            null = (articles, burst, 0.0)
            rows = alarms(cells[null], found[null])
            low, high = interval(rows, rate)
            line = f"| {articles} | {burst} | {rate(rows):.3f} [{low:.3f}, {high:.3f}] |"
            for shift in SHIFTS:
                cell = (articles, burst, shift)
                own = hits(cells[cell], planted_changes(cells[cell], found[cell]))
                anywhere = [bool(s[planted(*one)].changes) for one, s in zip(cells[cell], found[cell], strict=True)]
                covered = [
                    c.low <= (one[0].at or 0) <= c.high
                    for one, s in zip(cells[cell], found[cell], strict=True)
                    for c in s[planted(*one)].changes[:1]
                ]
                inside = f"{np.mean(covered):.2f}" if covered else "–"
                line += f" {share(own):.2f}, {np.mean(anywhere):.2f}, {f1(own):.2f}, {inside} |"
            unable = [series.verdict == "insufficient data" for one in found[null] for series in one]
            lines.append(f"{line} {np.mean(unable):.2f} |")
    return lines


def headline(cells: Cells, found: Found, values: Values) -> dict[str, float]:
    """20 points at 50 articles a week, all kinds of burstiness alike; false alarms at every volume."""
    shifted = [(50, burst, 0.2) for burst in BURSTS]
    kinds = dict.fromkeys((cell[0], cell[2]) for cell in cells if cell[2])
    of_kind = [[(articles, burst, shift) for burst in BURSTS] for articles, shift in kinds]
    own = [np.concatenate([hits(cells[c], planted_changes(cells[c], found[c])) for c in some]) for some in of_kind]
    quiet = np.concatenate([alarms(cells[c], found[c]) for c in cells if c[2] == 0])
    each = " | ".join(f"{articles}, {100 * shift:.0f} points" for articles, shift in kinds)
    say(f"| all kinds of burstiness: found, F1 | setting | false alarms | {each} |")
    each = " | ".join(f"{share(rows):.3f}, {f1(rows):.3f}" for rows in own)
    say(f"| narrashift | {values.sensitivity} | {rate(quiet):.3f} | {each} |")
    rows = np.concatenate([hits(cells[c], planted_changes(cells[c], found[c])) for c in shifted])
    nulls = np.concatenate([alarms(cells[c], found[c]) for c in cells if c[2] == 0])
    for name, own, figure in (("detection", rows, share), ("F1", rows, f1), ("false alarms", nulls, rate)):
        say(f"{name}: {figure(own):.3f} [{interval(own, figure)[0]:.3f}, {interval(own, figure)[1]:.3f}]")
    waits = delays([one for c in shifted for one in cells[c][: len(cells[c]) // 2]], values)
    say(f"delay, of {len(waits)}: " + ", ".join(f"≤ {k}: {np.mean(waits <= k):.2f}" for k in LATER))
    return {
        "detection": share(rows),
        "false_alarms_per_source_year": rate(nulls),
        "delay_periods": float(np.median(waits)),
    }


def delays(drawn: Sequence[tuple[Stream, Pool]], values: Values) -> np.ndarray:
    """Weeks after which each shift is found: ``(streams,)``, infinite where it never is."""
    waits = np.full(len(drawn), np.inf)
    for later in LATER[::-1]:
        cut = [(stream.until(min((stream.at or 0) + later, stream.weeks)), pool) for stream, pool in drawn]
        rows = hits(cut, planted_changes(cut, searched(cut, values)))
        waits[rows[:, 0] > 0] = later
    return waits


def peer_figures(cells: Cells, values: Values) -> dict[str, float]:
    """Every peer at its best setting at equal false alarms; the figures are of 20 points at 50 articles a week."""
    shifted = [one for burst in BURSTS for one in cells[50, burst, 0.2]]
    quiet = [one for cell, drawn in cells.items() if cell[2] == 0 for one in drawn]
    years = sum(stream.weeks for stream, _ in quiet) / WEEKS
    figures = {}
    for name, (search, settings) in PEERS.items():
        started = time.perf_counter()
        alone = name in ("cusum", "adwin", "page_hinkley")
        series = [
            (stream, values.of(stream, pool, columns)[:, [0, k] if alone else slice(None)])
            for stream, pool in quiet
            for columns in pool.series()
            for k in (range(len(columns)) if alone and len(columns) > 1 else [-1])
        ]
        low, high = 0, len(settings) - 1
        counted: dict[int, float] = {}
        while low < high:
            middle = (low + high) // 2
            counted[middle] = sum(len(search(*own, settings[middle])) for own in series) / years
            low, high = (low, middle) if counted[middle] <= GOAL else (middle + 1, high)
        if low not in counted:
            counted[low] = sum(len(search(*own, settings[low])) for own in series) / years
        found = {}
        for articles, shift in dict.fromkeys((cell[0], cell[2]) for cell in cells if cell[2]):
            drawn = [one for burst in BURSTS for one in cells[articles, burst, shift]]
            changes = []
            for stream, pool in drawn:
                columns = pool.series()[planted(stream, pool)]
                own = values.of(stream, pool, columns)
                own = own[:, [0, columns.index(stream.column)]] if alone and len(columns) > 1 else own
                changes.append(search(stream, own, settings[low]))
            found[articles, shift] = hits(drawn, changes)
        figures[f"detection/{name}"] = share(found[50, 0.2])
        figures[f"false_alarms_per_source_year/{name}"] = counted[low]
        each = " | ".join(f"{share(rows):.3f}, {f1(rows):.3f}" for rows in found.values())
        took = time.perf_counter() - started
        say(f"| {name} | {settings[low]:.3g} | {counted[low]:.3f} | {each} | ({took:.0f} s)")
    say(f"oracle: {share(hits(shifted, [[told(stream, pool, values)] for stream, pool in shifted])):.3f}")
    return figures


def told(stream: Stream, pool: Pool, values: Values) -> int:
    """The likeliest week of the shift, by one who knows the mean value before and after it."""
    columns = pool.series()[planted(stream, pool)]
    own = values.of(stream, pool, columns)[:, columns.index(stream.column) if len(columns) > 1 else 1]
    new = stream.week >= (stream.at or 0)
    before, after = own[~new].mean(), own[new].mean()
    ratio = own * np.log(after / before) + (1 - own) * np.log((1 - after) / (1 - before))
    total = np.append(0, np.cumsum(np.bincount(stream.week, ratio, stream.weeks)))
    return int((total[-1] - total).argmax())


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
