"""What scoring on Ray costs beside scoring on this machine: the same passages, one after the other, in one run.

    python benchmarks/on_ray.py BUNDLE [DUMP …] [--passages 10000] [--workers 2]

BUNDLE has been through `narrashift export`; the passages are those of `benchmarks/scoring.py`. Wall clock from the
first part to the last, so that starting up is left out, and processor time of every process, workers, Ray's own and
the readers, from start to end: what a long run costs does not depend on what else the machine does meanwhile.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import psutil
from scoring import DUMPS, STARTER, drawn, say, written

from narrashift.model.bundle import Bundle, open_bundle
from narrashift.serving.score import score
from narrashift.serving.settings import ScoreSettings

PART = 500


class Watch:
    """Listens to a run: when parts were done, and what processors its processes have used by then."""

    def __init__(self) -> None:
        self.used: dict[int, float] = {}
        self.before = self.own()
        self.done: list[tuple[float, float]] = []

    def own(self) -> float:
        times = psutil.Process().cpu_times()
        return times.user + times.system

    def __call__(self, what: str, done: float, total: float) -> None:
        if not what.startswith("scoring"):
            return
        self.done.append((time.perf_counter(), done))
        for process in psutil.Process().children(recursive=True):
            try:
                times = process.cpu_times()
            except psutil.Error:
                continue
            self.used[process.pid] = times.user + times.system

    def core_seconds(self) -> float:
        return self.own() - self.before + sum(self.used.values())

    def rows_per_s(self) -> float:
        done = [(at, rows) for at, rows in self.done if rows]
        (began, first), (ended, last) = done[0], done[-1]
        return (last - first) / (ended - began)


def main() -> None:
    arguments = parser().parse_args()
    bundle = open_bundle(arguments.bundle)
    dumps = arguments.dumps or [dump for dump in DUMPS if dump.exists()] or [STARTER]
    texts = drawn(dumps, bundle=bundle)[: arguments.passages]
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
    """Passages a second without starting up, and core-seconds a thousand passages with it."""
    watch = Watch()
    settings = ScoreSettings.read(overrides={"engine": "onnx-int8", "part": PART, **options})
    scored = score([dump], model=bundle.path, out=out, settings=settings, progress=watch)
    assert scored.counts.refused == 0
    passages = scored.counts.passages
    return watch.rows_per_s() * passages / scored.counts.rows, 1_000 * watch.core_seconds() / passages


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("bundle", type=Path)
    made.add_argument("dumps", type=Path, nargs="*")
    made.add_argument("--passages", type=int, default=10_000)
    made.add_argument("--workers", type=int, default=2)
    return made


if __name__ == "__main__":
    main()
