"""Find the shifts in scores: count, correct, search for changes, size them, show what they rest on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from ...model.errors import UserError
from ...model.held_out import HeldOut, read_held_out
from ...model.progress import Progress, silent
from .changes.search import FALSE_ALARMS, Change, Searched, find_changes
from .changes.volume import find_volume_changes
from .finding import Interval, Shift, Stretch, Volume
from .narratives import read_narratives
from .passages import Skipped, Source, first_and_last, gather_sources, scratch, sources
from .periods import first_day, per_year
from .prevalence.difference import Difference, difference
from .prevalence.questions import questions_of
from .relations.relate import Relations, relate
from .scores import Scores, open_scores
from .series import Asked, ask, shares_table, sums_of
from .settings import ShiftSettings
from .showing.evidence import Evidence, show

NAMED = 5
"""Sources that a note names."""


@dataclass(frozen=True)
class Series:
    """One source's series of one question, and what was found in it."""

    by: str
    asked: Asked
    searched: Searched


@dataclass(frozen=True)
class Found:
    """What a run found.

    Attributes:
        table: shares by source, task, label and period, with intervals.
        shifts: with their evidence, the surest first.
        notes: what a reader has to know of the run, a line each.
        relations: how its sources go together; None where there is one, or nobody asked.
    """

    scores: Scores
    settings: ShiftSettings
    table: pl.DataFrame
    series: list[Series]
    shifts: list[tuple[Shift, Evidence]]
    volume: list[Volume]
    notes: list[str] = field(default_factory=list)
    relations: Relations | None = None


def find_shifts(
    folders: Sequence[Path],
    *,
    settings: ShiftSettings,
    narratives: Path,
    own_narratives: bool = False,
    labelled: HeldOut | None = None,
    folder: Path,
    progress: Progress = silent,
) -> Found:
    """Shifts of every source and question in these score folders.

    Args:
        narratives: a file of composite narratives.
        own_narratives: whether it is the user's: then all of its labels must be the codebook's.
        labelled: what the bundle answered on labelled passages of the dump, to correct by.
        folder: for what waits on the disk meanwhile.

    Raises:
        UserError: no scores, scores of different models, columns that are not there, no article with a date.
    """
    scores = open_scores(folders)
    held_out = read_held_out(scores.folders[0], bundle=scores.model["bundle"])
    told = read_narratives(narratives, codebook=scores.codebook, known_only=not own_narratives)
    asked = ask(
        [*questions_of(scores.codebook), *told], scores=scores, held_out=held_out, labelled=labelled, seed=settings.seed
    )
    skipped = Skipped()
    with scratch(folder) as waiting:
        progress("counting articles", 0, 0)
        files = gather_sources(scores, settings=settings, skipped=skipped, folder=Path(waiting))
        if not files:
            raise UserError(_nothing_counted(scores, skipped, settings=settings))
        first, last = first_and_last(files)
        run = _Run(scores, settings, asked, files, first, last)
        counts = _counted(run, progress=progress)
        progress("searching for shifts", 0, 0)
        searched = find_changes(
            counts=counts.sums,
            squares=counts.squares,
            source=np.repeat(np.arange(len(counts.names)), len(asked)),
            periods_per_year=per_year(settings.every),
            false_alarms=FALSE_ALARMS[settings.sensitivity],
            smallest=settings.smallest * counts.responses,
            seed=settings.seed,
        )
        series = [
            Series(name, question, searched[row * len(asked) + column])
            for row, name in enumerate(counts.names)
            for column, question in enumerate(asked)
        ]
        unsupported = _unsupported(counts.table)
        shifts = [
            replace(shift, supported=(shift.by, shift.task, shift.label) not in unsupported)
            for shift in _sized(run, series)
        ]
        volume = _volume(run, counts.names, articles=counts.articles)
        relations = None
        if settings.relations and len(counts.names) > 1:
            relations = relate(
                run.sources, scores=scores, settings=settings, asked=asked, names=counts.names, sums=counts.sums,
                searched=searched, shifts=shifts, first=first, progress=progress,
            )  # fmt: skip
    shifts.sort(key=lambda shift: (shift.q_value, shift.p_value, -abs(shift.change.value), shift.by, shift.date))
    progress("gathering evidence", 0, 0)
    shown = show(shifts, scores=scores, narratives=told, settings=settings)
    notes = [*_notes(scores, skipped, asked, settings=settings), *_unsupported_notes(unsupported)]
    return Found(scores, settings, counts.table, series, shown, volume, notes, relations)


@dataclass(frozen=True)
class _Run:
    scores: Scores
    settings: ShiftSettings
    asked: list[Asked]
    files: list[Path]
    first: int
    last: int

    def sources(self) -> Iterator[Source]:
        for file in self.files:
            yield from sources(file, codebook=self.scores.codebook, first=self.first, last=self.last)


@dataclass(frozen=True)
class _Counts:
    """What is searched.

    Attributes:
        table: of shares.
        sums, squares: ``(sources × questions, periods, classes)``; see `series.sums_of`.
        responses: ``(sources × questions,)``.
        articles: ``(sources, periods)``, reprints and all.
        names: the sources'.
    """

    table: pl.DataFrame
    sums: np.ndarray
    squares: np.ndarray
    responses: np.ndarray
    articles: np.ndarray
    names: list[str]


def _counted(run: _Run, *, progress: Progress) -> _Counts:
    widest = max(len(asked.question.classes) for asked in run.asked)
    tables: list[pl.DataFrame] = []
    sums: list[np.ndarray] = []
    squares: list[np.ndarray] = []
    responses: list[float] = []
    articles: list[np.ndarray] = []
    names: list[str] = []
    for number, source in enumerate(run.sources(), start=1):
        for asked in run.asked:
            tables.append(shares_table(source, asked=asked, first=run.first, settings=run.settings))
            *found, response = sums_of(source, asked=asked, scores=run.scores)
            responses.append(response)
            for one, kept in zip(found, (sums, squares), strict=True):
                kept.append(np.pad(one, ((0, 0), (0, widest - one.shape[1]))))
        articles.append(np.diff(source.periods))
        names.append(source.name)
        progress("counting sources", number, 0)
    table = pl.concat(tables).sort("by", maintain_order=True)
    return _Counts(table, np.stack(sums), np.stack(squares), np.array(responses), np.stack(articles), names)


def _sized(run: _Run, series: Sequence[Series]) -> list[Shift]:
    """Every change as a shift, sized by its source's articles; without those that are nothing once corrected."""
    found: list[Shift] = []
    by_source: dict[str, list[Series]] = {}
    for one in series:
        if one.searched.changes:
            by_source.setdefault(one.by, []).append(one)
    for source in run.sources():
        for one in by_source.get(source.name, ()):
            articles = one.asked.articles(source)
            counts = articles.counts(one.asked.space.size)
            for change in one.searched.changes:
                before = counts[change.begins : change.period]
                after = counts[change.period : change.ends]
                sizes = difference(
                    before,
                    after,
                    one.asked.confusion,
                    method=one.asked.method,
                    replicates=run.settings.replicates,
                    seed=run.settings.seed,
                )
                shift = _shift(
                    one,
                    change,
                    sizes,
                    raw=np.stack([before.sum(axis=0), after.sum(axis=0)]) @ one.asked.space.decided,
                    articles=np.diff(articles.cells[[change.begins, change.period, change.ends]]),
                    run=run,
                    number=len(found) + 1,
                )
                if _is_finding(shift, settings=run.settings):
                    found.append(shift)
    return found


def _is_finding(shift: Shift, *, settings: ShiftSettings) -> bool:
    sure = shift.q_value <= settings.false_discoveries and not shift.change.low <= 0 <= shift.change.high
    return sure and abs(shift.change.value) >= settings.least


def _shift(
    series: Series, change: Change, sizes: Difference, *, raw: np.ndarray, articles: np.ndarray, run: _Run, number: int
) -> Shift:
    classes = series.asked.question.classes
    single = len(series.asked.labels) > 1
    raw = raw / raw.sum(axis=1, keepdims=True)
    moved = int(np.argmax(np.abs(sizes.change))) if single else 1

    def interval(which: np.ndarray, bounds: np.ndarray) -> Interval:
        return Interval(float(which[moved]), float(bounds[0, moved]), float(bounds[1, moved]))

    def day(period: int) -> date:
        return first_day(run.first + period, run.settings.every)

    before, after = articles.tolist()
    return Shift(
        id=f"s{number:04d}",
        by=series.by,
        task=series.asked.task,
        label=classes[moved] if single else series.asked.labels[0],
        kind="narrative",
        date=day(change.period),
        earliest=day(change.low),
        latest=day(change.high),
        before=Stretch(day(change.begins), day(change.period), before),
        after=Stretch(day(change.period), day(change.ends), after),
        share_before=interval(sizes.before, sizes.before_bounds),
        share_after=interval(sizes.after, sizes.after_bounds),
        change=interval(sizes.change, sizes.bounds),
        raw_before=float(raw[0, moved]),
        raw_after=float(raw[1, moved]),
        p_value=change.p_value,
        q_value=change.q_value,
        others={name: float(sizes.change[k]) for k, name in enumerate(classes) if k != moved} if single else None,
    )


def _volume(run: _Run, names: Sequence[str], *, articles: np.ndarray) -> list[Volume]:
    """Changes of the number of articles, ``(sources, periods)``, each source from its first to its last."""
    found = []
    for name, own in zip(names, articles, strict=True):
        begins, *_, ends = np.flatnonzero(own > 0).tolist() * 2
        changes = find_volume_changes(
            own[None, begins : ends + 1],
            periods_per_year=per_year(run.settings.every),
            false_alarms=FALSE_ALARMS[run.settings.sensitivity],
            seed=run.settings.seed,
        )
        for change in changes[0]:
            day = first_day(run.first + begins + change.period, run.settings.every)
            found.append(Volume(name, day, change.before, change.after, change.p_value))
    return found


def _nothing_counted(scores: Scores, skipped: Skipped, *, settings: ShiftSettings) -> str:
    if skipped.undated:
        said = f" ({skipped.example!r})" if skipped.example else ""
        return (
            f"{scores.folders[0]}: no article has a date in column {settings.date!r}{said}. ISO dates such as "
            "2022-02-24 are expected; name another column with --date"
        )
    if skipped.nameless:
        return f"{scores.folders[0]}: column {settings.by!r} is empty. Name another with --by, or --by all"
    return f"{scores.folders[0]}: no passage is left to count. See --where"


def _unsupported(table: pl.DataFrame) -> set[tuple[str, str, str]]:
    """Source, task and label of each series whose shares held-out passages do not support."""
    rows = table.filter(~pl.col("supported")).select("by", "task", "label").unique()
    return set(rows.iter_rows())


def _unsupported_notes(series: set[tuple[str, str, str]]) -> list[str]:
    """A line for each label, with its sources."""
    by_label: dict[str, list[str]] = {}
    for by, task, label in sorted(series):
        by_label.setdefault(f"{task}.{label}", []).append(by)
    return [
        f"{label}: not supported by held-out passages in {', '.join(names[:NAMED])}"
        f"{f' and {len(names) - NAMED} more' if len(names) > NAMED else ''}: no mixture of them is answered like this. "
        "Look at the raw shares beside it, or label a sample of the dump (--labelled)"
        for label, names in by_label.items()
    ]


def _notes(scores: Scores, skipped: Skipped, asked: Sequence[Asked], *, settings: ShiftSettings) -> list[str]:
    notes = [f"{folder}: its scoring has not ended; what is there was counted" for folder in scores.unfinished]
    if skipped.undated:
        said = f", such as {skipped.example!r}" if skipped.example else ""
        notes.append(f"{skipped.undated:,} articles without a date that can be read were left out{said}")
    if skipped.nameless:
        notes.append(f"{skipped.nameless:,} articles without a {settings.by} were left out")
    reasons: dict[str, list[str]] = {}
    for one in asked:
        if one.reason:
            reasons.setdefault(one.reason, []).append(one.question.name)
    notes += [f"{', '.join(names)}: {reason}" for reason, names in reasons.items()]
    if "text" not in scores.columns:
        notes.append("the scores hold no text: evidence is without words and topics. Score with --keep-text")
    return notes
