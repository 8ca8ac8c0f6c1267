"""The real passages that the scorer's benchmarks run over."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from narrashift.model.bundle import Bundle
from narrashift.model.onnx_classifier import open_onnx
from narrashift.rows import name_inputs
from narrashift.serving.articles import Article, Position, plan_columns, read_articles
from narrashift.serving.chunks import chunks
from narrashift.serving.settings import ScoreSettings

SHARED = Path(__file__).parents[3] / "shared" / "data"
DUMPS = (SHARED / "ruwa_headlines" / "ruwa.jsonl.gz", SHARED / "press_releases" / "press.jsonl.gz")
STARTER = Path(__file__).parents[2] / "seeds" / "corpus.jsonl"


def default_dumps() -> list[Path]:
    """Headlines and press releases where they are at hand; else the starter corpus."""
    return [dump for dump in DUMPS if dump.exists()] or [STARTER]


def distinct_passages(dumps: Sequence[Path], *, bundle: Bundle) -> list[str]:
    """Every distinct passage of the dumps, cut as `score` cuts, in an order drawn at random."""
    settings = ScoreSettings(carry={}, engine="onnx-int8")
    classifier = open_onnx(bundle, "onnx-int8")
    texts: dict[str, None] = {}
    for dump in dumps:
        inputs = name_inputs([dump])
        columns = plan_columns(inputs, settings=settings, taken=())
        rows = read_articles(inputs, columns=columns, settings=settings, after=Position())
        for chunk in chunks((r for r in rows if isinstance(r, Article)), classifier=classifier, settings=settings):
            texts |= dict.fromkeys(" ".join(text.split()) for text in chunk.texts())
    every = [*texts]
    return [every[i] for i in np.random.default_rng(0).permutation(len(every))]


def written(texts: Iterable[str], path: Path) -> Path:
    """The passages as a dump."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps({"id": i, "text": text}) + "\n" for i, text in enumerate(texts))
    return path


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
