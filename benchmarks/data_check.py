"""What `narrashift data check` costs on 100,000 rows: processor seconds by step, and memory.

    OMP_NUM_THREADS=1 python benchmarks/data_check.py --rows 100000

The passages are drawn from a chain of word pairs that the starter corpus trains, so that runs of words repeat as
they do in text of one subject; one in twenty repeats an earlier passage with a word changed. They have ids,
sources, groups, dates and all three tasks' labels, and are written as JSONL first, which is not counted.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from narrashift.model.codebook import read_codebook
from narrashift.training.data.checking.check import check_data
from narrashift.training.data.checking.finding import Finding

FOOTER = " Subscribe to our channel, send us your photos and videos, and tell your friends about it."
STARTER = Path(__file__).parent.parent / "seeds" / "corpus.jsonl"


def main() -> None:
    """Write the rows, check them, print what each step took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--split", action="store_true", help="with a split column, whose parts are then compared")
    parser.add_argument("--footer", action="store_true", help="end every passage with the same words, as posts do")
    parser.add_argument("--data", type=Path, help="check these rows instead")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = options.data or Path(folder) / "rows.jsonl"
        if not options.data:
            write(data, rows=passages(options.rows), split=options.split, footer=FOOTER if options.footer else "")
        before, total = peak(), time.process_time()
        steps = Steps()
        checked = check_data([data], codebook=read_codebook(), progress=steps)
        steps("", 0, 0)
        findings = [one for found in checked.found.values() for one in found if isinstance(one, Finding)]
        print(
            f"rows {checked.passages:,}; findings {len(findings)}; {time.process_time() - total:.1f} processor seconds"
        )
        print(f"memory {peak():,.0f} MB at most, {before:,.0f} MB before reading")
        for finding in findings:
            print("-", finding.text[:200])


class Steps:
    """Prints the processor seconds of each step when the next begins; as `progress` is called."""

    def __init__(self) -> None:
        self.what, self.since = "reading", time.process_time()

    def __call__(self, what: str, done: float, total: float) -> None:
        if what != self.what:
            print(f"{self.what}: {time.process_time() - self.since:.1f} processor seconds")
            self.what, self.since = what, time.process_time()


def peak() -> float:
    """MB of memory that this process took at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def write(path: Path, *, rows: Iterator[dict[str, Any]], split: bool, footer: str) -> None:
    """The rows as JSONL, with a split at random where one is asked for."""
    rng = random.Random(1)
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            row["text"] += footer
            if split:
                row["split"] = rng.choices(("train", "validation", "test"), (70, 15, 15))[0]
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def passages(count: int) -> Iterator[dict[str, Any]]:
    """Labelled passages of random length from a chain of word pairs."""
    rng = random.Random(0)
    with STARTER.open(encoding="utf-8") as file:
        starter = [json.loads(line) for line in file]
    after = defaultdict(list)
    for row in starter:
        words = row["text"].split()
        for one, two, three in zip(words, words[1:], words[2:], strict=False):
            after[one, two].append(three)
    before: list[str] = []
    for number in range(count):
        model = rng.choice(starter)
        words = model["text"].split()[:2]
        for _ in range(rng.randint(15, 100)):
            following = after.get((words[-2], words[-1]))
            words += [rng.choice(following)] if following else rng.choice(starter)["text"].split()[:2]
        if before and rng.random() < 0.05:
            words = rng.choice(before).split()
            words[rng.randrange(len(words))] = "indeed"
        before.append(" ".join(words))
        yield {
            "id": f"p{number}", "text": before[-1], "source": f"outlet {number % 60}", "group": f"g{number}",
            "date": f"2022-{1 + number % 12:02}-{1 + number % 28:02}",
            **{task: model[task] for task in ("stance", "frame", "technique")},
        }  # fmt: skip


if __name__ == "__main__":
    main()
