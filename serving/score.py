"""Score a dump: read and cut ahead of the model, run it over chunks, write parts behind it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..model.bundle import Bundle
from ..model.classifier import Logits
from ..model.held_out import copy_held_out
from ..model.progress import Progress, silent
from .ahead import Behind, ahead
from .articles import read_articles
from .chunks import Chunk, chunks
from .engines import open_engine
from .evidence import open_evidence
from .folder import Counts, ScoreFolder
from .languages import DumpLanguages, Tell, count_languages, measured_in, tell_nobody
from .parts import chunk_table, keep_sketches, mark_duplicates
from .plan import Plan, plan_run
from .repeats import MOST, Repeats
from .settings import Engine, ScoreSettings
from .spreadsheet import CSV_FILE, write_csv


@dataclass(frozen=True)
class Scored:
    """What a scoring run did: totals of the folder, and this process's own passages and seconds.

    Attributes:
        reused: of this process's passages, those that repeat an earlier one and were not scored again.
        by_student: how many of the folder's passages a cascade's student answered; None without a cascade.
        languages: of the folder's passages; None where they were not told.
    """

    folder: Path
    counts: Counts
    parts: int
    passages_now: int
    seconds: float
    engine: Engine
    reused: int
    by_student: int | None = None
    languages: DumpLanguages | None = None

    @property
    def passages_per_s(self) -> float:
        return self.passages_now / self.seconds if self.seconds else 0.0


def score(
    inputs: Iterable[Path | str],
    *,
    model: Path | str,
    out: Path | str,
    settings: ScoreSettings | None = None,
    progress: Progress = silent,
    tell: Tell = tell_nobody,
) -> Scored:
    """Score every row of a dump into a folder; started again, it goes on where it was stopped.

    Args:
        inputs: files and folders in any of `rows.FORMATS`, also packed or in zip files; `-` is standard input.
        model: a bundle folder.
        out: the score folder (DESIGN: `run.json`, `parts/`, `errors.parquet`, `progress.json`).
        tell: called when scoring begins, with a line on the languages that the bundle has been measured in.

    Raises:
        UserError: a missing input, no text column, no bundle, a folder that holds another run, …. What is
            wrong with single rows or files raises nothing: it is set aside with its reason. An input file that
            changes meanwhile ends the run; what is written is of its content at the start.
    """
    plan = plan_run(inputs, model=model, out=out, settings=settings or ScoreSettings(), progress=progress)
    if plan.settings.on == "local":
        return _score_here(plan, progress=progress, tell=tell)
    from .cluster.score import score_on_ray

    return score_on_ray(plan, progress=progress, tell=tell)


def _score_here(plan: Plan, *, progress: Progress, tell: Tell) -> Scored:
    """Score on this machine, one chunk after the other."""
    with ScoreFolder(plan.out, plan.identity) as folder:
        copy_held_out(plan.bundle, plan.out)
        before, started, reused = folder.counts.passages, time.monotonic(), 0
        if not folder.done:
            reused = _score_rows(plan, folder, progress=progress, tell=tell)
            plan.check(first=folder.position.file, last=len(plan.inputs) - 1)
            mark_duplicates(plan, articles=folder.counts.articles, progress=progress)
            folder.finish()
        return scored(plan, folder, before=before, started=started, reused=reused)


def _score_rows(plan: Plan, folder: ScoreFolder, *, progress: Progress, tell: Tell) -> int:
    """Score what the folder lacks; how many passages repeated an earlier one. The network's memory is free again."""
    bundle, settings, columns = plan.bundle, plan.settings, plan.columns
    classifier = open_classifier(bundle, engine=plan.engine, settings=settings)
    explain = open_evidence(bundle, classifier.classifier, settings=settings)
    tell(measured_in(bundle))
    write = partial(
        _write,
        folder,
        check=plan.check,
        schema=plan.schema,
        columns=columns,
        bundle=bundle,
        settings=settings,
        names=[entry.name for entry in plan.inputs],
    )
    articles = read_articles(plan.inputs, columns=columns, settings=settings, after=folder.position)
    done = folder.counts.rows
    with closing(ahead(chunks(articles, classifier=classifier, settings=settings))) as ready, Behind() as behind:
        for chunk in ready:
            steps = chunk.passages * (2 if explain else 1)
            tick = _Tick(progress, done=done, rows=chunk.rows, passages=steps, total=plan.rows)
            logits = classifier.logits(chunk.texts(), tick=tick)
            evidence = explain.column(chunk, logits, tick=tick) if explain else None
            behind.do(write, chunk, logits, evidence=evidence)
            done += chunk.rows
    return classifier.reused


def scored(plan: Plan, folder: ScoreFolder, *, before: int, started: float, reused: int) -> Scored:
    """What a run that has ended did; where the settings ask for it, its parts are first written as CSV, too.

    Args:
        before: passages in the folder when the run began, at `started` of the monotonic clock.
    """
    if plan.settings.format == "csv":
        write_csv(plan.out / CSV_FILE, parts=folder.part_files)
    return Scored(
        folder=plan.out,
        counts=folder.counts,
        parts=folder.parts,
        passages_now=folder.counts.passages - before,
        seconds=time.monotonic() - started,
        engine=plan.engine,
        reused=reused,
        by_student=folder.count_student() if plan.settings.cascade is not None else None,
        languages=count_languages(plan.out, folder.part_files, bundle=plan.bundle) if plan.settings.languages else None,
    )


def open_classifier(bundle: Bundle, *, engine: Engine, settings: ScoreSettings) -> Repeats:
    """The engine, asked once for what repeats."""
    heads = {name: len(task.leaves) for name, task in bundle.codebook.tasks.items()}
    opened = open_engine(bundle, engine=engine, settings=settings)
    return Repeats(opened, heads=heads, most=0 if engine == "torch" else MOST)


def _write(folder: ScoreFolder, chunk: Chunk, logits: Logits, *, check: Callable[..., None], **options: Any) -> None:
    table = chunk_table(chunk, logits, **options)
    broken_off = {row.at.file for row in chunk.refused if row.row is None}
    check(first=folder.position.file, last=chunk.position.file, doubted=broken_off)
    keep_sketches(folder.path, f"{folder.parts:05d}", [chunk], columns=options["columns"], settings=options["settings"])
    folder.write_part(table, chunk.refused, articles=len(chunk.articles), position=chunk.position)


class _Tick:
    """Turns passages done in a chunk into rows done in the run."""

    def __init__(self, progress: Progress, *, done: int, rows: int, passages: int, total: int) -> None:
        self.progress, self.done, self.rows, self.passages, self.total = progress, done, rows, passages, total
        self.ticked = 0

    def __call__(self, passages: int) -> None:
        self.ticked += passages
        rows = self.done + self.rows * self.ticked / max(self.passages, 1)
        self.progress("scoring rows", np.floor(rows), self.total if rows <= self.total else 0)
