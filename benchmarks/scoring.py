"""Passages a second of this scorer and of its peers, the same trained weights, the same passages, in one run.

    python benchmarks/scoring.py BUNDLE [DUMP …] [--passages 5000] [--sizes 1000,3000,…] [--plot FILE] [--json]

BUNDLE has been through `narrashift export`. Passages are drawn from the dumps (by default the headlines and press
releases in ../shared/data; without them, the starter corpus). This scorer is timed end to end: opening the engine,
reading, cutting, tokenising, scoring, writing Parquet. Every peer has its model open already and is given the texts in
memory, at its best batch size of 8 to 64. `--sizes` adds a table of cost against size; passages beyond those that the
dumps have are made different by a number at their end, so that none is a repeat.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from ceiling import multiply_adds, peak
from peers import Label, peers

from narrashift.model.bundle import Bundle, open_bundle
from narrashift.model.cores import usable_cores
from narrashift.model.decision import all_probabilities, decide
from narrashift.model.onnx_classifier import open_onnx
from narrashift.model.tokens import read_tokenizer
from narrashift.serving.articles import Article, Position, name_inputs, plan_columns, read_articles
from narrashift.serving.score import score
from narrashift.serving.settings import ScoreSettings
from narrashift.serving.windows import windows

SHARED = Path(__file__).parents[2] / "shared" / "data"
DUMPS = (SHARED / "ruwa_headlines" / "ruwa.jsonl.gz", SHARED / "press_releases" / "press.jsonl.gz")
STARTER = Path(__file__).parents[1] / "seeds" / "corpus.jsonl"
TRIED = 400
"""Passages over which a peer's best batch size is found."""


def main() -> None:
    arguments = parser().parse_args()
    bundle = open_bundle(arguments.bundle)
    dumps = arguments.dumps or [dump for dump in DUMPS if dump.exists()] or [STARTER]
    every = drawn(dumps, bundle=bundle)
    texts = every[: arguments.passages]
    tokens = np.array([len(e) for e in read_tokenizer(bundle.path / "tokenizer.json").encode_batch_fast(texts)])
    say(f"{len(texts):,} passages of {tokens.mean():.0f} tokens, {usable_cores()} cores")
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        dump = written(texts, folder / "dump.jsonl")
        for engine in ("onnx-int8", "onnx", "torch"):
            name = "narrashift" if engine == "onnx-int8" else f"narrashift-{engine}"
            figures[f"passages_per_s/{name}"] = ours(dump, bundle=bundle, engine=engine, texts=texts, folder=folder)
            say(f"{name}: {figures[f'passages_per_s/{name}']:.0f}")
        for name, labellers in peers(bundle, folder):
            figures[f"passages_per_s/{name}"], best = timed(labellers, texts)
            say(f"{name}: {figures[f'passages_per_s/{name}']:.0f} (batches of {best})")
        again = ours(dump, bundle=bundle, engine="onnx-int8", texts=texts, folder=folder)
        say(f"narrashift, once more at the end: {again:.0f}")
        figures["passages_per_s/narrashift_again"] = again
        figures["peak_rss_mb"] = peak_memory(dump, bundle=bundle, folder=folder)
        if arguments.sizes:
            costs = by_size(every, arguments.sizes, bundle=bundle, folder=folder)
            print(table(costs))
            if arguments.plot:
                plot(costs, arguments.plot)
    mine = figures["passages_per_s/narrashift"]
    others = {key: value for key, value in figures.items() if "/narrashift" not in key and key.startswith("passages")}
    figures["ratio/pipeline"] = mine / figures["passages_per_s/pipeline"]
    figures["ratio/setfit"] = mine / figures["passages_per_s/setfit"]
    figures["ratio/best_peer"] = mine / max(others.values())
    cost = multiply_adds(bundle.network().config.encoder, length=float((tokens**2).sum() / tokens.sum()))
    for kind, rate in (("int8", mine), ("fp32", figures["passages_per_s/narrashift-onnx"])):
        ceiling = peak(kind, threads=usable_cores()) / cost
        say(f"{kind}: {rate * tokens.mean():,.0f} tokens a second of at most {ceiling:,.0f}")
        figures[f"ceiling_share/{kind}"] = rate * tokens.mean() / ceiling
    figures["agreement"] = agreement(texts, bundle=bundle)
    for key, value in figures.items():
        say(f"{key:42s} {value:,.3f}" if value < 10 else f"{key:42s} {value:,.0f}")
    print(json.dumps({key: round(value, 4) for key, value in figures.items()}))


def drawn(dumps: Sequence[Path], *, bundle: Bundle) -> list[str]:
    """Every distinct passage of the dumps, cut as `score` cuts, in an order drawn at random."""
    settings = ScoreSettings(carry={}, engine="onnx-int8")
    classifier = open_onnx(bundle, "onnx-int8")
    texts: dict[str, None] = {}
    for dump in dumps:
        inputs = name_inputs([dump])
        columns = plan_columns(inputs, settings=settings, taken=())
        rows = read_articles(inputs, columns=columns, settings=settings, after=Position())
        for window in windows((r for r in rows if isinstance(r, Article)), classifier=classifier, settings=settings):
            texts |= dict.fromkeys(" ".join(text.split()) for text in window.texts())
    every = [*texts]
    return [every[i] for i in np.random.default_rng(0).permutation(len(every))]


def written(texts: Sequence[str], path: Path) -> Path:
    path.write_text("".join(json.dumps({"id": i, "text": text}) + "\n" for i, text in enumerate(texts)), "utf-8")
    return path


def ours(dump: Path, *, bundle: Bundle, engine: str, texts: Sequence[str], folder: Path) -> float:
    """Passages a second, end to end; the pages of the files have been read once before."""
    out = Path(tempfile.mkdtemp(dir=folder)) / "scores"
    started = time.perf_counter()
    scored = score([dump], model=bundle.path, out=out, settings=ScoreSettings.read(overrides={"engine": engine}))
    assert scored.counts.refused == 0 and scored.counts.articles == len(texts)
    return scored.counts.passages / (time.perf_counter() - started)


def timed(labellers: dict[int, Label], texts: Sequence[str]) -> tuple[float, int]:
    """Passages a second at the best batch size, and that size."""

    def seconds(label: Label, some: Sequence[str]) -> float:
        started = time.perf_counter()
        label(some)
        return time.perf_counter() - started

    best = next(iter(labellers))
    labellers[best](texts[:64])
    if len(labellers) > 1:
        best = min(labellers, key=lambda size: seconds(labellers[size], texts[:TRIED]))
    return len(texts) / seconds(labellers[best], texts), best


def peak_memory(dump: Path, *, bundle: Bundle, folder: Path) -> float:
    """Largest resident memory of `narrashift score`, in MB, as it says itself."""
    out = subprocess.run(
        [sys.executable, "-m", "narrashift", "score", dump, "--model", bundle.path, "--out", folder / "memory"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    return float(out.split("peak memory ")[1].split(" MB")[0].replace(",", ""))


def by_size(
    every: Sequence[str], sizes: Sequence[int], *, bundle: Bundle, folder: Path
) -> dict[int, tuple[float, float]]:
    """Size -> milliseconds a passage, and the scorer's peak memory in MB."""
    costs = {}
    for size in sizes:
        rounds = range(-(-size // len(every)))
        texts = [text if turn == 0 else f"{text} ({turn})" for turn in rounds for text in every][:size]
        dump = written(texts, folder / "sized.jsonl")
        rate = ours(dump, bundle=bundle, engine="onnx-int8", texts=texts, folder=folder)
        costs[size] = (1_000 / rate, peak_memory(dump, bundle=bundle, folder=Path(tempfile.mkdtemp(dir=folder))))
        say(f"{size:,}: {costs[size][0]:.3f} ms a passage, {costs[size][1]:,.0f} MB")
    return costs


def table(costs: dict[int, tuple[float, float]]) -> str:
    lines = ["| passages | ms a passage | peak memory (MB) |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {size:,} | {ms:.3f} | {memory:,.0f} |" for size, (ms, memory) in costs.items())])


def plot(costs: dict[int, tuple[float, float]], path: Path) -> None:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 3.5), layout="constrained")
    axes.plot([*costs], [ms for ms, _ in costs.values()], marker="o")
    axes.set(xscale="log", ylim=0, xlabel="passages in the dump", ylabel="milliseconds a passage")
    figure.savefig(path, dpi=120)


def agreement(texts: Sequence[str], *, bundle: Bundle) -> float:
    """Share of the passages with the same decided labels in every task by the int8 engine and by the network."""
    answers = [
        all_probabilities(labeller.logits(texts).tasks, codebook=bundle.codebook, decision=bundle.decision)
        for labeller in (open_onnx(bundle, "onnx-int8"), bundle.classifier(device="cpu"))
    ]
    same = np.ones(len(texts), dtype=bool)
    for name, task in bundle.codebook.tasks.items():
        one, other = (decide(probs[name], task=task, decision=bundle.decision.tasks[name]) for probs in answers)
        same &= (one == other).all(axis=1)
    return float(same.mean())


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("bundle", type=Path)
    made.add_argument("dumps", type=Path, nargs="*")
    made.add_argument("--passages", type=int, default=5_000)
    made.add_argument("--sizes", type=lambda text: [int(size) for size in text.split(",")], default=[])
    made.add_argument("--plot", type=Path, help="of cost against size, as PNG")
    made.add_argument("--json", action="store_true", help="words to standard error, so that only JSON is left")
    return made


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
