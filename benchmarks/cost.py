"""What a passage costs, by the size of the dump: clock time, processor time and memory, each size in a fresh process.

    python benchmarks/cost.py BUNDLE [DUMP …] [--sizes 1000,10000,100000,1000000] [--plot FILE] [--json]

Processor time tells the cost also where other programs use the machine. Importing the scorer and the first call of its
libraries (a second) are not counted; opening the model is. Passages beyond those that the dumps have are made
different by a number at their end, so that none is a repeat.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import count, islice
from pathlib import Path

from speed.passages import default_dumps, distinct_passages, say, written

from narrashift.model.bundle import open_bundle
from narrashift.serving.score import score
from narrashift.serving.settings import ScoreSettings
from narrashift.terminal.progress import peak_memory_mb

WARM = 300
"""Passages scored beforehand, so that libraries are loaded."""


@dataclass(frozen=True)
class Cost:
    """Of one run: milliseconds a passage by the clock and of processor time (all cores), largest memory in MB."""

    passages: int
    clock_ms: float
    processor_ms: float
    memory_mb: float


def main() -> None:
    arguments = parser().parse_args()
    every = distinct_passages(arguments.dumps or default_dumps(), bundle=open_bundle(arguments.bundle))
    costs = []
    for size in arguments.sizes:
        with tempfile.TemporaryDirectory() as folder:
            warm = written(every[:WARM], Path(folder) / "warm.jsonl")
            dump = written(islice(_endless(every), size), Path(folder) / "dump.jsonl")
            with multiprocessing.get_context("spawn").Pool(1) as process:
                costs.append(process.apply(measured, (warm, dump, arguments.bundle)))
        say("{passages:>9,}: {clock_ms:.3f} ms, {processor_ms:.3f} of processor, {memory_mb:,.0f} MB".format(
            **asdict(costs[-1])
        ))  # fmt: skip
    print(table(costs))
    if arguments.plot:
        plot(costs, arguments.plot)
    if arguments.json:
        print(json.dumps([asdict(cost) for cost in costs]))


def measured(warm: Path, dump: Path, bundle: Path) -> Cost:
    """Score the warm passages, then the dump, beside it."""
    settings = ScoreSettings(engine="onnx-int8")
    score([warm], model=bundle, out=warm.parent / "warm", settings=settings)
    clock, processor = time.perf_counter(), time.process_time()
    scored = score([dump], model=bundle, out=dump.parent / "scores", settings=settings)
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    each = 1_000 / scored.counts.passages
    return Cost(scored.counts.passages, clock * each, processor * each, peak_memory_mb())


def _endless(every: Sequence[str]) -> Iterator[str]:
    for turn in count():
        yield from (text if turn == 0 else f"{text} ({turn})" for text in every)


def table(costs: Sequence[Cost]) -> str:
    lines = ["| passages | ms a passage | of processor time | peak memory (MB) |", "|---|---|---|---|"]
    return "\n".join(
        [*lines, *(f"| {c.passages:,} | {c.clock_ms:.2f} | {c.processor_ms:.2f} | {c.memory_mb:,.0f} |" for c in costs)]
    )


def plot(costs: Sequence[Cost], path: Path) -> None:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 3.5), layout="constrained")
    sizes = [cost.passages for cost in costs]
    axes.plot(sizes, [cost.clock_ms for cost in costs], marker="o", label="clock")
    axes.plot(sizes, [cost.processor_ms for cost in costs], marker="s", label="processor, all cores")
    axes.set(xscale="log", ylim=0, xlabel="passages in the dump", ylabel="milliseconds a passage")
    axes.legend()
    figure.savefig(path, dpi=120)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("bundle", type=Path)
    made.add_argument("dumps", type=Path, nargs="*")
    made.add_argument(
        "--sizes",
        type=lambda text: [int(size) for size in text.split(",")],
        default=[1_000, 10_000, 100_000, 1_000_000],
    )
    made.add_argument("--plot", type=Path, help="of cost against size, as PNG")
    made.add_argument("--json", action="store_true", help="the figures as JSON on the last line")
    return made


if __name__ == "__main__":
    main()
