"""Learning from real labelled passages: this system beside its peers, same splits, same backbone, in one run.

    python benchmarks/training.py [--json] [--data ruw …] [--systems narrashift plain …] [--seeds 0 1 2]
        [--per-label 8 32 128 512] [--every-fold] [--set epochs=8] [--results DIR] [--table]

Each cell (data, fold, system, seed) runs in a process of its own and is kept in --results: stopped and started again,
the benchmark goes on, and a later one adds to it. Where data come in folds, each seed has one of them in turn, or
with --every-fold all. Peers' cells are found again by data, split, settings and their libraries' versions, this
system's also by the code of `model` and `training` (--any-code: by any version of it, the newest first).

Scores are means over cells with the interval over test passages (bootstrap, the same draws for all systems). Seconds
are processor seconds of learning, imports not counted; of this system with all that `narrashift train` does besides:
yardstick, calibration, figures, the bundle.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lessons.cell import LOADED, OURS, Cell, code_digest, read_result, run_cell
from lessons.data import SHARED, SOURCES, Benchmark, read_benchmark
from lessons.table import Results, curve, flat, table

from narrashift.model.errors import UserError


def cells_of(
    benchmark: Benchmark, *, system: str, options: argparse.Namespace, per_label: int | None
) -> Iterator[Cell]:
    """The cells of a system on a data set."""
    folds = len(benchmark.folds)
    for seed in options.seeds:
        for fold in range(folds) if options.every_fold else [seed % folds]:
            yield Cell(
                benchmark.name, system, fold, seed, per_label, settings=options.settings if system == OURS else {},
                threads=options.threads,
            )  # fmt: skip


def gather(benchmark: Benchmark, *, options: argparse.Namespace, per_label: int | None) -> Mapping[str, Results]:
    """What is there of each system."""
    code = None if options.any_code else code_digest()
    found: dict[str, dict[tuple[int, int], Any]] = {}
    for system in options.systems:
        for cell in cells_of(benchmark, system=system, options=options, per_label=per_label):
            if result := read_result(cell, benchmark=benchmark, results=options.results, code=code):
                found.setdefault(system, {})[cell.fold, cell.seed] = result
    return found


def run(benchmark: Benchmark, *, options: argparse.Namespace, per_label: int | None) -> list[str]:
    """Run what is missing, a seed of all systems before the next; what failed."""
    failed, code = [], None if options.any_code else code_digest()
    each = [list(cells_of(benchmark, system=name, options=options, per_label=per_label)) for name in options.systems]
    for cell in [cell for turn in zip(*each, strict=True) for cell in turn]:
        if read_result(cell, benchmark=benchmark, results=options.results, code=code):
            continue
        print(cell.name, file=sys.stderr, end=" ", flush=True)
        try:
            result = run_cell(cell, benchmark=benchmark, results=options.results, shared=options.shared)
            print(f"{result.seconds:.0f} s", file=sys.stderr, flush=True)
        except RuntimeError as error:
            failed.append(str(error))
            print("failed", file=sys.stderr, flush=True)
    return failed


def value_of(text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one flat JSON object as the last line")
    parser.add_argument("--data", nargs="+", choices=SOURCES, default=list(SOURCES))
    parser.add_argument("--systems", nargs="+", choices=LOADED, default=list(LOADED))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument(
        "--per-label", type=int, nargs="+", default=[], help="learning curves at so many passages a label"
    )
    parser.add_argument("--every-fold", action="store_true", help="every seed on every fold")
    parser.add_argument("--set", type=value_of, nargs="+", default=[], help="of narrashift train: NAME=VALUE")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--results", type=Path, default=Path("training-results"))
    parser.add_argument("--shared", type=Path, default=SHARED)
    parser.add_argument("--any-code", action="store_true", help="take this system's cells of other versions too")
    parser.add_argument("--table", action="store_true", help="print what there is, run nothing")
    options = parser.parse_args(arguments)
    options.settings = dict(options.set)
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(arguments)
    failed, values = [], {}
    for name in options.data:
        benchmark = read_benchmark(name, shared=options.shared)
        by_size = {}
        for per_label in options.per_label or [None]:
            if not options.table:
                failed += run(benchmark, options=options, per_label=per_label)
            by_size[per_label] = gather(benchmark, options=options, per_label=per_label)
            values |= flat(name, by_size[per_label], metric=benchmark.metric, per_label=per_label)
        told = curve if options.per_label else lambda data, found, metric: table(data, found[None], metric=metric)
        print(told(name, by_size, metric=benchmark.metric) + "\n", flush=True)
        if published := SOURCES[name].published:
            print(f"Published: {published}.\n")
    if failed:
        print("\n".join(failed), file=sys.stderr)
    if options.json:
        print(json.dumps(values))
    return 1 if failed else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that a cell's process ends with this one
    try:
        sys.exit(main())
    except UserError as error:
        sys.exit(f"{error}")
