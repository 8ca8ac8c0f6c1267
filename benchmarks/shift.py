"""Planted shifts in streams of real passages: how many are found, how late, and how often nothing is called a shift.

    python benchmarks/shift.py BUNDLE [--data dev.jsonl] [--streams 40] [--values own] [--json]

Streams are drawn from the two halves of ../shared/data/realwar/dev.jsonl in turn (without it, of the starter corpus's
test part), each passage with the answers that the bundle gives it: 52 to 104 weeks, one passage an article, a source
each. In shift streams the true share of one label moves by 10, 20 or 30 points in one week. `streams.py` has the rest.

*Found*: the planted label's series has a change within one week of the planted one. *F1*: of such changes, all other
changes of that series being false. *False alarms*: changes in any of a source's series in streams without a shift, a
source and year. *Delay*: the least number of weeks from the shift on after which it is found, data later than that
left out, over 20-point shifts at 50 articles a week; median. Intervals: 95 %, bootstrap over streams.

Reprints within a week count once, as `narrashift shift` counts. `--articles 50 --streams 50` took 233 processor
seconds and the peers' 110; `--quick` is a rough look in a fifth of that.

*Values*: what is averaged over a week's articles. `own`: the bundle's probabilities at the source's own label shares
(`changes/posteriors.py`), from shares in the starter corpus's test part; `soft`: its probabilities; `hard`: its
decided labels; `labelled`, measured beside `own`: calibrated to the other half as labelled sample. Peers get the same.
Each has its setting chosen in hindsight, on the very streams without a shift that
are counted here (of all volumes measured, as one run has sources of all), as the most alert one with no more than 0.05
false alarms a source and year. `--articles 50` gives them a setting for that volume alone. Ours stands beside them by
default, and with what it is asked for chosen in the same way.
CUSUM, ADWIN and Page–Hinkley watch each label by itself. `oracle` is told that there is a shift, and both levels: it
only dates.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from planted.peers import PEERS
from planted.streams import BURSTS, REAL, STARTER, Pool, Stream, draw_stream, read_pools
from planted.values import WEEKS, Values, planted_series, searched
from prevalence import prevalence_errors

from narrashift.serving.shifts.changes.believed import best_date
from narrashift.serving.shifts.changes.search import FALSE_ALARMS, Searched

ARTICLES = (10, 25, 50, 200)
SHIFTS = (0.1, 0.2, 0.3)
GOAL = 0.05
"""False alarms a source and year."""
ASKED = np.geomspace(0.01, 2, 48).tolist()
"""Rates of false alarms that `in_hindsight` may ask for."""
LATER = (4, 5, 6, 7, 8, 10, 13, 17)
"""Weeks since a shift after which it is looked for."""


def main() -> None:
    arguments = parser().parse_args()
    pools = read_pools(arguments.bundle, data=arguments.data)
    starter = read_pools(arguments.bundle, data=STARTER)
    options = {
        "trained": np.concatenate([half.true for half in starter]).mean(axis=0),
        "labelled": {id(pools[0]): pools[1], id(pools[1]): pools[0]},
    }
    asked = FALSE_ALARMS[arguments.sensitivity]
    values = Values(arguments.values, **options)
    say(f"{arguments.data.name}: {[len(pool.true) for pool in pools]} passages a half, values: {arguments.values}")
    for pool in pools:
        say("planted: " + ", ".join(pool.labels[column][1] for column in pool.plantable()))
    volumes = (50,) if arguments.quick else arguments.articles
    cells = {
        (articles, burst, shift): drawn_cell(
            pools, articles, burst, shift, streams=10 if arguments.quick else arguments.streams
        )
        for articles in volumes
        for burst in BURSTS
        for shift in (0.0, *SHIFTS)
    }
    started = time.process_time()
    found, figures, row = ours("", cells, values, asked=asked)
    rows = [row]
    say(f"searched {sum(map(len, cells.values()))} streams in {time.process_time() - started:.0f} processor seconds")
    for line in tables(cells, found):
        say(line)
    figures["delay_periods"] = delay(cells, values, asked=asked)
    if arguments.values != "labelled":
        _, own, row = ours(", labelled half", cells, Values("labelled", **options), asked=asked)
        figures |= {f"{name}/labelled": value for name, value in own.items()}
        rows.append(row)
    if arguments.peers:
        _, own, row = ours(", in hindsight as the peers", cells, values, asked=in_hindsight(cells, values))
        figures |= {f"{name}/hindsight": value for name, value in own.items()}
        rows.append(row)
        for name in PEERS:
            own, row = apart(name, cells, values)
            figures |= own
            rows.append(row)
        shifted = [one for burst in BURSTS for one in cells[50, burst, 0.2]]
        figures["detection/oracle"] = share(hits(shifted, [[told(stream, pool, values)] for stream, pool in shifted]))
    kinds = " | ".join(f"{articles}, {100 * shift:.0f} points" for articles, shift in sizes_of(cells))
    say(f"| all kinds of burstiness: found, F1 | setting | false alarms | {kinds} |")
    say("|---" * (3 + len(sizes_of(cells))) + "|")
    for row in rows:
        say(row)
    figures |= prevalence_errors(arguments.bundle, real=arguments.data == REAL, halves=2 if arguments.quick else 8)
    say(f"{time.process_time():.0f} processor seconds, peers' not counted")
    print(json.dumps(figures) if arguments.json else "\n".join(f"{k}: {v:.3f}" for k, v in figures.items()))


def parser() -> argparse.ArgumentParser:
    own = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    own.add_argument("bundle", type=Path)
    own.add_argument("--data", type=Path, default=REAL if REAL.exists() else STARTER)
    own.add_argument("--streams", type=int, default=40, help="of each volume, burstiness and size of shift")
    own.add_argument("--articles", type=int, nargs="+", default=list(ARTICLES), help="a week; 50 among them")
    own.add_argument("--values", choices=("own", "labelled", "soft", "hard"), default="own")
    own.add_argument("--sensitivity", choices=tuple(FALSE_ALARMS), default="medium")
    own.add_argument("--peers", action=argparse.BooleanOptionalAction, default=True)
    own.add_argument("--quick", action="store_true", help="10 streams a kind, 50 articles a week: a rough look")
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
        drawn.append((draw_stream(pool, rng=rng, **options).once(), pool))
    return drawn


def ours(what: str, cells: Cells, values: Values, *, asked: float) -> tuple[Found, dict[str, float], str]:
    """What is found at an asked rate of false alarms, the figures, and a line of the table."""
    found = {cell: searched(drawn, values, false_alarms=asked) for cell, drawn in cells.items()}
    figures = headline(cells, found)
    changes = {cell: planted_changes(drawn, found[cell]) for cell, drawn in cells.items()}
    alarmed = figures["false_alarms_per_source_year"]
    return found, figures, row_of(f"**narrashift**{what}", f"{asked:.3g}", cells, changes, alarmed=alarmed)


def in_hindsight(cells: Cells, values: Values) -> float:
    """The highest rate to ask for at which streams without a shift have at most `GOAL` false alarms."""
    quiet = [drawn for cell, drawn in cells.items() if cell[2] == 0]

    def alarmed(asked: float) -> float:
        return rate(np.concatenate([alarms(own, searched(own, values, false_alarms=asked)) for own in quiet]))

    low, high = 0, len(ASKED) - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if alarmed(ASKED[middle]) <= GOAL else (low, middle - 1)
    return ASKED[low]


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
    return [[c.period for c in own[planted_series(*one)].changes] for one, own in zip(drawn, found, strict=True)]


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
                anywhere = [
                    bool(s[planted_series(*one)].changes) for one, s in zip(cells[cell], found[cell], strict=True)
                ]
                covered = [
                    c.low <= (one[0].at or 0) <= c.high
                    for one, s in zip(cells[cell], found[cell], strict=True)
                    for c in s[planted_series(*one)].changes[:1]
                ]
                inside = f"{np.mean(covered):.2f}" if covered else "–"
                line += f" {share(own):.2f}, {np.mean(anywhere):.2f}, {f1(own):.2f}, {inside} |"
            unable = [series.verdict == "insufficient data" for one in found[null] for series in one]
            lines.append(f"{line} {np.mean(unable):.2f} |")
    return lines


def headline(cells: Cells, found: Found) -> dict[str, float]:
    """20 points at 50 articles a week, all kinds of burstiness alike; false alarms at every volume."""
    shifted = [(50, burst, 0.2) for burst in BURSTS]
    rows = np.concatenate([hits(cells[c], planted_changes(cells[c], found[c])) for c in shifted])
    nulls = np.concatenate([alarms(cells[c], found[c]) for c in cells if c[2] == 0])
    anywhere = rows.sum(axis=1, keepdims=True) > 0
    for name, own, figure in (
        ("detection", rows, share), ("at any date", anywhere, share), ("F1", rows, f1), ("false alarms", nulls, rate)
    ):  # fmt: skip
        say(f"{name}: {figure(own):.3f} [{interval(own, figure)[0]:.3f}, {interval(own, figure)[1]:.3f}]")
    return {
        "detection": share(rows), "detection/any_date": share(anywhere), "false_alarms_per_source_year": rate(nulls)
    }  # fmt: skip


def delay(cells: Cells, values: Values, *, asked: float) -> float:
    """Median weeks, of half the streams of each burstiness."""
    some = [one for burst in BURSTS for one in cells[50, burst, 0.2][: -(-len(cells[50, burst, 0.2]) // 2)]]
    waits = delays(some, values, asked=asked)
    say(f"delay, of {len(waits)}: " + ", ".join(f"≤ {k}: {np.mean(waits <= k):.2f}" for k in LATER))
    return float(np.median(waits))


def delays(drawn: Sequence[tuple[Stream, Pool]], values: Values, *, asked: float) -> np.ndarray:
    """Weeks after which each shift is found: ``(streams,)``, infinite where it never is."""
    waits = np.full(len(drawn), np.inf)
    for later in LATER[::-1]:
        cut = [(stream.until(min((stream.at or 0) + later, stream.weeks)), pool) for stream, pool in drawn]
        rows = hits(cut, planted_changes(cut, searched(cut, values, false_alarms=asked)))
        waits[rows[:, 0] > 0] = later
    return waits


Sizes = list[tuple[int, float]]


def sizes_of(cells: Cells) -> Sizes:
    """Articles a week and shifts that were measured."""
    return list(dict.fromkeys((cell[0], cell[2]) for cell in cells if cell[2]))


def row_of(
    name: str, setting: str, cells: Cells, changes: dict[tuple[int, str, float], list[list[int]]], *, alarmed: float
) -> str:
    """A line of the table in which all stand: found and F1 of each volume and size, every burstiness alike."""
    row = f"| {name} | {setting} | {alarmed:.3f} |"
    for articles, shift in sizes_of(cells):
        own = np.concatenate([hits(cells[c], changes[c]) for c in ((articles, burst, shift) for burst in BURSTS)])
        row += f" {share(own):.3f}, {f1(own):.3f} |"
    return row


def apart(name: str, cells: Cells, values: Values) -> tuple[dict[str, float], str]:
    """A peer in a process of its own: should that end, the other peers are still measured, and it is said."""
    MEASURED.update(cells=cells, values=values)  # handed on by fork, not by pickle
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool:
        try:
            return pool.submit(peer_figures, name).result()
        except BrokenProcessPool:
            return {}, f"| {name} | its process ended without a word | – |" + " – |" * len(sizes_of(cells))


MEASURED: dict[str, Any] = {}


def peer_figures(name: str) -> tuple[dict[str, float], str]:
    """A peer at its best setting at equal false alarms; the figures are of 20 points at 50 articles a week."""
    cells, values = MEASURED["cells"], MEASURED["values"]
    quiet = [one for cell, drawn in cells.items() if cell[2] == 0 for one in drawn]
    years = sum(stream.weeks for stream, _ in quiet) / WEEKS
    search, settings = PEERS[name]
    started = time.process_time()
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
    changes: dict[tuple[int, str, float], list[list[int]]] = {}
    for cell, drawn in cells.items():
        changes[cell] = []
        for stream, pool in drawn if cell[2] else ():
            columns = pool.series()[planted_series(stream, pool)]
            own = values.of(stream, pool, columns)
            own = own[:, [0, columns.index(stream.column)]] if alone and len(columns) > 1 else own
            changes[cell].append(search(stream, own, settings[low]))
    say(f"{name}: {time.process_time() - started:.0f} processor seconds")
    shifted = np.concatenate([hits(cells[50, burst, 0.2], changes[50, burst, 0.2]) for burst in BURSTS])
    figures = {f"detection/{name}": share(shifted), f"false_alarms_per_source_year/{name}": counted[low]}
    return figures, row_of(name, f"{settings[low]:.3g}", cells, changes, alarmed=counted[low])


def told(stream: Stream, pool: Pool, values: Values) -> int:
    """The best date of the shift, by one who knows the mean value before and after it."""
    columns = pool.series()[planted_series(stream, pool)]
    own = values.of(stream, pool, columns)[:, columns.index(stream.column) if len(columns) > 1 else 1]
    new = stream.week >= (stream.at or 0)
    before, after = own[~new].mean(), own[new].mean()
    ratio = own * np.log(after / before) + (1 - own) * np.log((1 - after) / (1 - before))
    total = np.append(0, np.cumsum(np.bincount(stream.week, ratio, stream.weeks)))
    after_each = total[-1] - total
    return best_date(np.exp(after_each - after_each.max()))


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
