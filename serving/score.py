"""Score a dump: read and cut ahead of the model, run it over windows, write parts behind it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ..model.bundle import Bundle, open_bundle
from ..model.classifier import Logits
from ..model.decision import check_risk
from ..model.errors import UserError, suggestion
from ..model.held_out import FILE as HELD_OUT
from ..model.held_out import copy_held_out
from ..model.language import check_languages
from ..model.progress import Progress, silent
from ..rows import Input, find_files, name_inputs
from .ahead import Behind, ahead
from .articles import Columns, plan_columns, read_articles
from .duplicates import DUPLICATES, write_duplicates
from .engines import choose_engine, open_engine
from .evidence import evidence_fields, open_evidence
from .fingerprint import fingerprint
from .folder import ERROR_FILE, ERROR_PARTS, PARTS, PROGRESS, RUN, Counts, ScoreFolder
from .origin import origin_columns, origin_fields
from .repeats import MOST, Repeats
from .settings import Engine, ScoreSettings
from .sketches import SKETCHES, write_sketches
from .spreadsheet import CSV_FILE, write_csv
from .standard_input import spooled_in, with_standard_input
from .table import own_columns, score_schema, score_table
from .unchanged import State, check_unchanged, file_states
from .windows import Window, windows

OWN_FILES = (PARTS, ERROR_PARTS, ERROR_FILE, RUN, PROGRESS, CSV_FILE, HELD_OUT, SKETCHES, DUPLICATES)
"""Of a score folder that lies inside the dump: no input."""


@dataclass(frozen=True)
class Scored:
    """What a scoring run did: totals of the folder, and this process's own passages and seconds.

    Attributes:
        reused: of this process's passages, those that repeat an earlier one and were not scored again.
        by_student: how many of the folder's passages a cascade's student answered; None without a cascade.
    """

    folder: Path
    counts: Counts
    parts: int
    passages_now: int
    seconds: float
    engine: Engine
    reused: int
    by_student: int | None = None

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
) -> Scored:
    """Score every row of a dump into a folder; started again, it goes on where it was stopped.

    Args:
        inputs: files and folders in any of `rows.FORMATS`, also packed or in zip files; `-` is standard input.
        model: a bundle folder.
        out: the score folder (DESIGN: `run.json`, `parts/`, `errors.parquet`, `progress.json`).

    Raises:
        UserError: a missing input, no text column, no bundle, a folder that holds another run, …. What is
            wrong with single rows or files raises nothing: it is set aside with its reason. An input file that
            changes meanwhile ends the run; what is written is of its content at the start.
    """
    plan = plan_run(inputs, model=model, out=out, settings=settings or ScoreSettings(), progress=progress)
    if plan.settings.on == "local":
        return _score_here(plan, progress=progress)
    from .cluster.score import score_on_ray

    return score_on_ray(plan, progress=progress)


@dataclass(frozen=True)
class Plan:
    """What a run will do, settled before the first article is read.

    Attributes:
        identity: the content of `run.json`.
        rows: of the input, about; 0 where that cannot be told.
        states: how the input files looked before they were read.
    """

    out: Path
    bundle: Bundle
    engine: Engine
    settings: ScoreSettings
    inputs: list[Input]
    columns: Columns
    schema: pa.Schema
    identity: dict[str, Any]
    rows: int
    states: list[State]

    def check(self, *, first: int, last: int, doubted: Collection[int] = ()) -> None:
        """Raise a `UserError` where one of these input files is no longer what the fingerprint is of."""
        check_unchanged(
            self.inputs, states=self.states, files=self.identity["input"], first=first, last=last, doubted=doubted
        )


def plan_run(
    inputs: Iterable[Path | str], *, model: Path | str, out: Path | str, settings: ScoreSettings, progress: Progress
) -> Plan:
    """Find the input, settle columns and engine, and take the run's fingerprint.

    Raises:
        UserError: as `score`.
    """
    out = Path(out)
    bundle = open_bundle(model)
    check_risk(settings.abstain, decision=bundle.decision, place=bundle.path)
    named = with_standard_input(inputs, out=out, format=settings.input_format)
    own = {out.resolve() / name for name in OWN_FILES} | spooled_in(out) - {path.resolve() for path in named}
    files = find_files(named, format=settings.input_format)
    found = [file for file in files if not own & {(real := Path(os.path.realpath(file))), *real.parents}]
    entries = name_inputs(found, format=settings.input_format)
    cascade = settings.cascade is not None
    if settings.cascade_task is not None and settings.cascade_task not in bundle.codebook.tasks:
        allowed = suggestion(settings.cascade_task, list(bundle.codebook.tasks))
        raise UserError(f"--cascade-task {settings.cascade_task}: no task of this bundle {allowed}")
    check_languages(settings.languages)
    origin = [*origin_fields(settings), *evidence_fields(settings)]
    taken = own_columns(bundle.codebook, cascade=cascade, origin=origin)
    columns = plan_columns(entries, settings=settings, taken=taken)
    progress("reading the input through", 0, 0)
    engine = choose_engine(bundle, settings=settings)
    states = file_states(entries)
    identity, rows = fingerprint(bundle=bundle, engine=engine, settings=settings, inputs=entries, columns=columns)
    schema = score_schema(columns, bundle=bundle, engine=engine, cascade=cascade, origin=origin)
    return Plan(out, bundle, engine, settings, entries, columns, schema, identity, rows, states)


def _score_here(plan: Plan, *, progress: Progress) -> Scored:
    """Score on this machine, one window after the other."""
    bundle, settings, columns, rows = plan.bundle, plan.settings, plan.columns, plan.rows
    with ScoreFolder(plan.out, plan.identity) as folder:
        copy_held_out(bundle, plan.out)
        before, started, reused = folder.counts.passages, time.monotonic(), 0
        if not folder.done:
            classifier = open_classifier(bundle, engine=plan.engine, settings=settings)
            explain = open_evidence(bundle, classifier.classifier, settings=settings)
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
            with (
                closing(ahead(windows(articles, classifier=classifier, settings=settings))) as ready,
                Behind() as behind,
            ):
                for window in ready:
                    steps = window.passages * (2 if explain else 1)
                    tick = _Tick(progress, done=done, rows=window.rows, passages=steps, total=rows)
                    logits = classifier.logits(window.texts(), tick=tick)
                    evidence = explain.column(window, logits, tick=tick) if explain else None
                    behind.do(write, window, logits, evidence=evidence)
                    done += window.rows
            plan.check(first=folder.position.file, last=len(plan.inputs) - 1)
            mark_duplicates(plan, articles=folder.counts.articles, progress=progress)
            folder.finish()
            reused = classifier.reused
        if settings.format == "csv":
            write_csv(plan.out / CSV_FILE, parts=folder.part_files)
        return Scored(
            folder=plan.out,
            counts=folder.counts,
            parts=folder.parts,
            passages_now=folder.counts.passages - before,
            seconds=time.monotonic() - started,
            engine=plan.engine,
            reused=reused,
            by_student=folder.count_student() if settings.cascade is not None else None,
        )


def open_classifier(bundle: Bundle, *, engine: Engine, settings: ScoreSettings) -> Repeats:
    """The engine, asked once for what repeats."""
    heads = {name: len(task.leaves) for name, task in bundle.codebook.tasks.items()}
    opened = open_engine(bundle, engine=engine, settings=settings)
    return Repeats(opened, heads=heads, most=0 if engine == "torch" else MOST)


def _write(folder: ScoreFolder, window: Window, logits: Logits, *, check: Callable[..., None], **options: Any) -> None:
    table = window_table(window, logits, **options)
    broken_off = {row.at.file for row in window.refused if row.row is None}
    check(first=folder.position.file, last=window.position.file, doubted=broken_off)
    keep_sketches(
        folder.path, f"{folder.parts:05d}", [window], columns=options["columns"], settings=options["settings"]
    )
    folder.write_part(table, window.refused, articles=len(window.articles), position=window.position)


def keep_sketches(
    folder: Path, name: str, read: Sequence[Window], *, columns: Columns, settings: ScoreSettings
) -> None:
    """Sketch the articles of a part, before the part: what a part holds is always sketched."""
    if settings.duplicates:
        articles = [article for window in read for article in window.articles]
        write_sketches(
            folder / SKETCHES / f"{name}.parquet",
            [reading.sketch for window in read for reading in window.readings],
            ids=pa.array([article.carried[0] for article in articles], type=next(iter(columns.types.values()))),
            places=[(article.at.file, article.at.row) for article in articles],
        )


def mark_duplicates(plan: Plan, *, articles: int, progress: Progress) -> None:
    """Write which of the articles repeat an earlier one, when all parts are there."""
    if plan.settings.duplicates:
        progress("looking for duplicates", articles, articles)
        write_duplicates(plan.out, names=[entry.name for entry in plan.inputs], articles=articles)


def window_table(
    window: Window,
    logits: Logits,
    *,
    schema: pa.Schema,
    columns: Columns,
    bundle: Bundle,
    settings: ScoreSettings,
    names: Sequence[str],
    evidence: pa.Array | None = None,
) -> pa.Table:
    """The score table of a window, in the order of its articles.

    Args:
        names: of the input files.
        evidence: a cell a passage, where the settings ask for it.
    """
    further = origin_columns(window.articles, window.spans, window.readings, names=names, settings=settings)
    return score_table(
        window.articles,
        window.spans,
        logits=logits.tasks,
        truncated=logits.truncated,
        schema=schema,
        columns=columns,
        bundle=bundle,
        abstain=settings.abstain,
        student=logits.student if settings.cascade is not None else None,
        origin=further if evidence is None else {**further, "evidence": evidence},
    )


class _Tick:
    """Turns passages done in a window into rows done in the run."""

    def __init__(self, progress: Progress, *, done: int, rows: int, passages: int, total: int) -> None:
        self.progress, self.done, self.rows, self.passages, self.total = progress, done, rows, passages, total
        self.ticked = 0

    def __call__(self, passages: int) -> None:
        self.ticked += passages
        rows = self.done + self.rows * self.ticked / max(self.passages, 1)
        self.progress("scoring rows", np.floor(rows), self.total if rows <= self.total else 0)
