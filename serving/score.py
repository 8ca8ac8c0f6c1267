"""Score a dump: read, cut, run the model over length-sorted windows, write parts."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..model.bundle import open_bundle
from ..model.classifier import Classifier
from ..model.decision import check_risk
from ..model.progress import Progress, silent
from ..rows import find_files
from .articles import Article, Position, Refused, name_inputs, plan_columns, read_articles
from .cutting import Span, cut_articles
from .engines import open_engine
from .fingerprint import fingerprint
from .folder import ERROR_FILE, ERROR_PARTS, PARTS, Counts, ScoreFolder
from .settings import ScoreSettings
from .table import own_columns, score_schema, score_table

OWN_FILES = (PARTS, ERROR_PARTS, ERROR_FILE)
"""Of a score folder that lies inside the dump: no input."""
ROWS_AT_ONCE = 256
"""Rows cut together. Part borders fall on its multiples, also after a restart, so parts do not depend on one."""


@dataclass(frozen=True)
class Scored:
    """What a scoring run did: totals of the folder, and this process's own passages and seconds."""

    folder: Path
    counts: Counts
    parts: int
    passages_now: int
    seconds: float

    @property
    def passages_per_s(self) -> float:
        return self.passages_now / self.seconds if self.seconds else 0.0


@dataclass
class Window:
    """A stretch of the input on its way into a part."""

    articles: list[Article]
    spans: list[list[Span]]
    refused: list[Refused]
    position: Position

    @property
    def passages(self) -> int:
        return sum(map(len, self.spans))


def score(
    inputs: Iterable[Path | str],
    *,
    model: Path | str,
    out: Path | str,
    settings: ScoreSettings | None = None,
    progress: Progress = silent,
) -> Scored:
    """Score every row of a dump into a folder; started again, it goes on where it was stopped.

    Args:
        inputs: files and folders: JSONL, CSV, TSV, Parquet, plain text, also gzipped.
        model: a bundle folder.
        out: the score folder (DESIGN: `run.json`, `parts/`, `errors.parquet`, `progress.json`).

    Raises:
        UserError: a missing input, no text column, no bundle, a folder that holds another run, …. What is
            wrong with single rows or files raises nothing: it is set aside with its reason.
    """
    settings, out = settings or ScoreSettings(), Path(out)
    bundle = open_bundle(model)
    check_risk(settings.abstain, decision=bundle.decision, place=bundle.path)
    own = {out.resolve() / name for name in OWN_FILES}
    found = [file for file in find_files(map(Path, inputs)) if not own & {file.resolve(), *file.resolve().parents}]
    entries = name_inputs(found)
    columns = plan_columns(entries, settings=settings, taken=own_columns(bundle.codebook))
    progress("reading the input through", 0, 0)
    identity, rows = fingerprint(bundle=bundle, settings=settings, inputs=entries, columns=columns)
    schema = score_schema(columns, bundle=bundle)
    with ScoreFolder(out, identity) as folder:
        before, started = folder.counts.passages, time.monotonic()
        if not folder.done:
            classifier = open_engine(bundle, settings=settings)
            articles = read_articles(entries, columns=columns, settings=settings, after=folder.position)
            for window in windows(articles, classifier=classifier, settings=settings, start=folder.position):
                done_rows, size = folder.counts.rows, len(window.articles) + len(window.refused)
                tick = _Tick(progress, done=done_rows, rows=size, passages=window.passages, total=rows)
                logits = classifier.logits(_passages(window), tick=tick)
                table = score_table(
                    window.articles,
                    window.spans,
                    logits=logits.tasks,
                    truncated=logits.truncated,
                    schema=schema,
                    columns=columns,
                    bundle=bundle,
                    abstain=settings.abstain,
                )
                folder.write_part(table, window.refused, articles=len(window.articles), position=window.position)
            folder.finish()
        return Scored(
            folder=out,
            counts=folder.counts,
            parts=folder.parts,
            passages_now=folder.counts.passages - before,
            seconds=time.monotonic() - started,
        )


def windows(
    articles: Iterator[Article | Refused], *, classifier: Classifier, settings: ScoreSettings, start: Position
) -> Iterator[Window]:
    """Cut articles into passages and gather them until a part is full."""
    window = Window([], [], [], start)
    rows = 0
    while block := list(itertools.islice(articles, ROWS_AT_ONCE)):
        good = [item for item in block if isinstance(item, Article)]
        window.articles += good
        window.refused += [item for item in block if isinstance(item, Refused)]
        window.spans += _cut([article.text for article in good], classifier=classifier, settings=settings)
        window.position = block[-1].at
        rows += len(block)
        if window.passages >= settings.part or rows >= 4 * settings.part:
            yield window
            window, rows = Window([], [], [], window.position), 0
    if rows:
        yield window


def _cut(texts: Sequence[str], *, classifier: Classifier, settings: ScoreSettings) -> list[list[Span]]:
    if not texts or settings.cut == "none":
        return [[(0, len(text))] for text in texts]
    return cut_articles(
        texts,
        count_tokens=classifier.count_tokens,
        most_tokens=min(settings.passage_tokens, classifier.max_tokens or settings.passage_tokens),
        most_sentences=settings.passage_sentences,
    )


def _passages(window: Window) -> list[str]:
    return [
        article.text[start:end].strip()
        for article, spans in zip(window.articles, window.spans, strict=True)
        for start, end in spans
    ]


class _Tick:
    """Turns passages done in a window into rows done in the run."""

    def __init__(self, progress: Progress, *, done: int, rows: int, passages: int, total: int) -> None:
        self.progress, self.done, self.rows, self.passages, self.total = progress, done, rows, passages, total
        self.ticked = 0

    def __call__(self, passages: int) -> None:
        self.ticked += passages
        rows = self.done + self.rows * self.ticked / max(self.passages, 1)
        self.progress("scoring rows", np.floor(rows), self.total if rows <= self.total else 0)
