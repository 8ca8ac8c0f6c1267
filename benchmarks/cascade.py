"""How fast a cascade scores a dump, and how many labels it changes, bound by bound.

    python benchmarks/cascade.py BUNDLE [DUMP] [--engine torch] [--task stance] [--json] [--plot cascade.png]

A part of the dump's distinct passages teaches a student; the rest is scored by the bundle's network on the engine, by
the student, and by both. `changed` is the share of all passages of which any decided label (or the task's) is not
the network's on the same engine. Timed is what `score` asks of an engine, tokenizing included; reading, cutting and
writing are left out. Seconds are the clock's and, for a machine that does other work besides, the processor's.
Without a dump, the starter corpus is scored, which the bundle may have learnt from.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from narrashift.model.bundle import open_bundle
from narrashift.model.decision import all_probabilities, decide
from narrashift.model.student import FOLDER, read_student
from narrashift.model.tokens import count_tokens, read_tokenizer
from narrashift.serving.drawing import draw_passages
from narrashift.serving.engines import choose_engine, open_engine
from narrashift.serving.engines.cascade import Cascade
from narrashift.serving.settings import ScoreSettings
from narrashift.terminal.progress import ProgressDisplay
from narrashift.training.distilling.distill import distill
from narrashift.training.distilling.settings import DistillSettings

BOUNDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
DUMP = Path("../shared/data/ruwa_headlines/ruwa.jsonl.gz")
STARTER = Path("seeds/corpus.jsonl")


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """What the work gave, its wall-clock seconds and its processor seconds."""
    wall, processor = time.perf_counter(), time.process_time()
    result = work()
    return result, time.perf_counter() - wall, time.process_time() - processor


def measure(
    bundle_path: Path, dump: Path, *, engine: str, task: str | None, test: int, settings: DistillSettings
) -> dict[str, Any]:
    """Distil on all passages but `test`, score those, and compare."""
    reading = ScoreSettings(engine=engine, device="cpu", precision="fp32")
    with tempfile.TemporaryDirectory() as folder, ProgressDisplay() as progress:
        path = Path(folder) / "bundle"
        shutil.copytree(bundle_path, path, ignore=shutil.ignore_patterns(FOLDER))
        bundle = open_bundle(path)
        tokenizer = read_tokenizer(path / "tokenizer.json")
        drawn = draw_passages(
            [dump], most=settings.passages, seed=settings.seed, settings=reading, progress=progress,
            count_tokens=lambda texts: count_tokens(tokenizer, texts),
            max_tokens=bundle.json("config.json")["max_tokens"],
        )  # fmt: skip
        held = set(drawn.articles[:test])
        lessons = [i for i, article in enumerate(drawn.articles) if article not in held]
        fresh = [text for text, article in zip(drawn.texts, drawn.articles, strict=True) if article in held]
        made, wall, processor = timed(
            lambda: distill(
                bundle=path, texts=[drawn.texts[i] for i in lessons], groups=[drawn.articles[i] for i in lessons],
                settings=settings, progress=progress,
            )
        )  # fmt: skip
        network, student = (
            open_engine(bundle, engine=choose_engine(bundle, settings=reading), settings=reading),
            read_student(bundle),
        )
        network.logits(fresh[:64])  # buffers are set up
        its, *engine_time = timed(lambda: network.logits(fresh))
        mine, *student_time = timed(lambda: student.logits(fresh))
        rows = [
            row("network alone", its, its, bundle=bundle, seconds=engine_time, fresh=fresh),
            row("student alone", mine, its, bundle=bundle, seconds=student_time, fresh=fresh),
        ]
        for bound in BOUNDS:
            progress(f"cascading at {bound:g}", 0, 0)
            cascade = Cascade(student, network, least=student.least_confidence(bound, task=task), task=task)
            both, *seconds = timed(lambda cascade=cascade: cascade.logits(fresh))
            rows.append(row(f"--cascade {bound:g}", both, its, bundle=bundle, seconds=seconds, fresh=fresh))
            rows[-1]["bound"] = bound
    return {
        "engine": engine, "trained_on": made.description.trained_on, "calibrated_on": made.description.calibrated_on,
        "tested_on": len(fresh), "distilled_s": wall, "distilled_cpu_s": processor, "rows": rows,
    }  # fmt: skip


def row(name: str, mine: Any, its: Any, *, bundle: Any, seconds: list[float], fresh: list[str]) -> dict[str, Any]:
    """One line of the table."""
    decided = []
    for logits in (mine, its):
        probs = all_probabilities(logits.tasks, codebook=bundle.codebook, decision=bundle.decision)
        decided.append(
            {
                task: decide(probs[task], task=bundle.codebook.tasks[task], decision=bundle.decision.tasks[task])
                for task in bundle.codebook.tasks
            }
        )
    changed = {task: (decided[0][task] != decided[1][task]).any(axis=1) for task in decided[0]}
    answered = {"network alone": 0.0, "student alone": 1.0}.get(name)
    return {
        "name": name,
        "answered": float(np.mean(mine.student)) if answered is None else answered,
        "changed": {task: float(values.mean()) for task, values in changed.items()},
        "any": float(np.logical_or.reduce(list(changed.values())).mean()),
        "per_s": len(fresh) / seconds[0],
        "per_cpu_s": len(fresh) / seconds[1],
    }


def to_markdown(result: dict[str, Any]) -> str:
    """The table, every row's speed against that of the network alone."""
    rows = result["rows"]
    tasks = list(rows[0]["changed"])
    head = ["", "answered by the student", "changed: any", *tasks, "passages/s", "ratio", "ratio of CPU time"]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for r in rows:
        cells = [
            r["name"], f"{r['answered']:.1%}", f"{r['any']:.2%}", *(f"{r['changed'][t]:.2%}" for t in tasks),
            f"{r['per_s']:,.0f}", f"{r['per_s'] / rows[0]['per_s']:.2f}",
            f"{r['per_cpu_s'] / rows[0]['per_cpu_s']:.2f}",
        ]  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def plot(result: dict[str, Any], path: Path) -> None:
    """Speed against changed labels, with the bounds that were asked for."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    rows = result["rows"]
    points = [(r["any"], r["per_cpu_s"] / rows[0]["per_cpu_s"], r) for r in rows if "bound" in r]
    figure, axes = pyplot.subplots(figsize=(7, 4.5))
    axes.plot([p[0] for p in points], [p[1] for p in points], marker="o")
    for changed, ratio, r in points:
        axes.annotate(f"{r['bound']:g}", (changed, ratio), textcoords="offset points", xytext=(6, -10), fontsize=8)
    axes.axvline(0.01, color="grey", linestyle=":", linewidth=1)
    axes.set_xscale("symlog", linthresh=0.001)
    axes.set_xlim(left=0)
    axes.set_xlabel("passages with a changed label (numbers: the bound)")
    axes.set_ylabel(f"times as fast as {result['engine']} alone (processor time)")
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("dump", type=Path, nargs="?", default=DUMP if DUMP.exists() else STARTER)
    parser.add_argument("--engine", default="torch")
    parser.add_argument("--task", help="whose labels alone count for the bound; any by default")
    parser.add_argument("--test", type=int, default=4_000, help="passages to score, which teach nothing")
    parser.add_argument("--passages", type=int, default=50_000, help="passages to draw, those to score among them")
    parser.add_argument("--epochs", type=int, default=DistillSettings().epochs)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--plot", type=Path, help="a PNG to draw")
    options = parser.parse_args()
    result = measure(
        options.bundle, options.dump, engine=options.engine, task=options.task, test=options.test,
        settings=DistillSettings(passages=options.passages, epochs=options.epochs, device="cpu"),
    )  # fmt: skip
    if options.plot:
        plot(result, options.plot)
    if options.json:
        print(json.dumps(result))
        return
    print(
        f"{result['engine']}: trained on {result['trained_on']:,} passages, calibrated on {result['calibrated_on']:,}, "
        f"measured on {result['tested_on']:,}; distilled in {result['distilled_s']:.0f} s"
    )
    print(to_markdown(result))


if __name__ == "__main__":
    main()
