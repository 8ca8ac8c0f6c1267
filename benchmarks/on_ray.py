"""What scoring on Ray costs beside scoring on this machine: the same passages, one after the other, in one run.

    python benchmarks/on_ray.py BUNDLE [DUMP …] [--passages 10000] [--workers 2]

BUNDLE has been through `narrashift export`; the passages are those of `benchmarks/scoring.py`. Wall clock and processor
time of every process (workers, readers and Ray's own), from the first rows that are done to the last: what a long run
costs, starting up left out. Processor time depends less than the clock on what else the machine does meanwhile.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import psutil
from speed.passages import default_dumps, distinct_passages, say, written

from narrashift.model.bundle import Bundle, open_bundle
from narrashift.serving.score import score
from narrashift.serving.settings import ScoreSettings

PART = 500


class Watch:
    """Listens to a run: how many rows are done, when, and what its processes have used of the processors by then."""

    def __init__(self) -> None:
        self.used: dict[int, float] = {}
        self.seen: list[tuple[float, float, float]] = []

    def __call__(self, what: str, done: float, total: float) -> None:
        if not what.startswith("scoring"):
            return
        for process in (psutil.Process(), *psutil.Process().children(recursive=True)):
            try:
                times = process.cpu_times()
            except psutil.Error:
                continue
            self.used[process.pid] = times.user + times.system
        self.seen.append((done, time.perf_counter(), sum(self.used.values())))

    def a_row(self) -> tuple[float, float]:
        """Seconds and core-seconds a row, from the first that was seen done to the last."""
        (first, began, used), (last, ended, in_all) = next(seen for seen in self.seen if seen[0]), self.seen[-1]
        return (ended - began) / (last - first), (in_all - used) / (last - first)


def main() -> None:
    arguments = parser().parse_args()
    bundle = open_bundle(arguments.bundle)
    texts = distinct_passages(arguments.dumps or default_dumps(), bundle=bundle)[: arguments.passages]
    places = {
        "local": {"threads": arguments.workers},
        "ray": {"on": "ray", "workers": arguments.workers},
    }
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as temporary:
        dump = written(texts, Path(temporary) / "dump.jsonl")
        for turn in (1, 2):
            for place, options in places.items():
                rate, cost = measured(dump, bundle=bundle, out=Path(temporary) / f"{place}-{turn}", options=options)
                say(f"{place}, turn {turn}: {rate:.0f} passages a second, {cost:.2f} core-seconds a thousand")
                figures[f"passages_per_s/{place}/{turn}"] = rate
                figures[f"core_s_per_1000/{place}/{turn}"] = cost
    print(json.dumps({key: round(value, 3) for key, value in figures.items()}))


def measured(dump: Path, *, bundle: Bundle, out: Path, options: dict[str, object]) -> tuple[float, float]:
    """Passages a second, and core-seconds a thousand passages."""
    watch = Watch()
    overrides = {"engine": "onnx-int8", "part": PART, "cut": "none", **options}
    settings = ScoreSettings.read(overrides=overrides)
    scored = score([dump], model=bundle.path, out=out, settings=settings, progress=watch)
    assert scored.counts.refused == 0
    assert scored.counts.passages == scored.counts.rows
    seconds, core_seconds = watch.a_row()
    return 1 / seconds, 1_000 * core_seconds


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("bundle", type=Path)
    made.add_argument("dumps", type=Path, nargs="*")
    made.add_argument("--passages", type=int, default=10_000)
    made.add_argument("--workers", type=int, default=2)
    return made


if __name__ == "__main__":
    main()
