"""Passages a second of this scorer and of its peers, the same trained weights, the same passages, in one run.

    python benchmarks/scoring.py BUNDLE [DUMP …] [--passages 5000] [--json]

BUNDLE has been through `narrashift export`. Passages are drawn from the dumps (by default the headlines and press
releases in ../shared/data; without them, the starter corpus). This scorer is timed end to end: opening the engine,
reading, cutting, tokenising, scoring, writing Parquet. Every peer has its model open already and is given the texts in
memory, at its best batch size of 8 to 64.
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
from speed.ceiling import multiply_adds, peak
from speed.passages import default_dumps, distinct_passages, say, written
from speed.peers import Label, peers

from narrashift.model.bundle import Bundle, open_bundle
from narrashift.model.cores import usable_cores
from narrashift.model.decision import all_probabilities, decide
from narrashift.model.onnx_classifier import open_onnx
from narrashift.model.tokens import read_tokenizer
from narrashift.serving.score import score
from narrashift.serving.settings import ScoreSettings

TRIED = 400
"""Passages over which a peer's best batch size is found."""


def main() -> None:
    arguments = parser().parse_args()
    bundle = open_bundle(arguments.bundle)
    texts = distinct_passages(arguments.dumps or default_dumps(), bundle=bundle)[: arguments.passages]
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
    made.add_argument("--json", action="store_true", help="words to standard error, so that only JSON is left")
    return made


if __name__ == "__main__":
    main()
