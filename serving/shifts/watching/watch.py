"""Follow score folders: count what has come, test what has become complete, tell what is new, once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl
import pyarrow as pa

from ....model.errors import UserError, first_line
from ....model.progress import Progress, silent
from ..periods import EPOCH, first_day, period_of
from ..scores import Scores, open_scores
from ..showing.evidence import Evidence, show
from .arrivals import arrivals, score_folders
from .binding import Binding, counted_by, refuse_other_counts
from .calibration import common_noise
from .counting import count, read_part
from .look import Alarm, look_at
from .noise import Noise
from .outbox import Channel, deliver, waiting, write_down
from .report import report_of
from .series import Layout
from .settings import WatchSettings
from .state import SourceState
from .store import Store

CHANNELS = ("out", "webhook")
CERTAIN = 3
"""Articles that must be as new as a day before it counts as reached: one wrong date ends no period."""


@dataclass(frozen=True)
class Looked:
    """What a look did.

    Attributes:
        articles: new ones; `skipped`: without a date that can be read, or without a source.
        until: last day of the last complete period; None where none is.
        learning: of all `series`, those whose level is not known yet.
        waiting: reports that wait to be sent, by channel.
    """

    parts: int
    articles: int
    skipped: int
    sources: int
    series: int
    learning: int
    until: date | None
    reports: int
    waiting: dict[str, int]


class Watch:
    """A watch over score folders, held by its state file. Use it as a context.

    Args:
        roots: score folders, or folders that hold some; looked through at every look.
        narratives: a file of composite narratives; `own_narratives`: whether it is the user's.
        channels: name -> what a report is told to.
        say: told in words of what was left out, each once.

    Raises:
        UserError: the state file is broken, held by another watch, or made with other settings.
    """

    def __init__(
        self, roots: Sequence[Path], *, state: Path, settings: WatchSettings, narratives: Path, own_narratives: bool,
        channels: Mapping[str, Channel], say: Callable[[str], None], progress: Progress = silent,
    ) -> None:  # fmt: skip
        self.roots, self.settings, self.channels = roots, settings, channels
        self.narratives, self.own_narratives = narratives, own_narratives
        self.progress = progress
        self._say, self._said = say, set[str]()
        self.store = Store(state)
        self.binding: Binding | None = None
        self.layout: Layout | None = None
        self.noise: Noise | None = None

    def __enter__(self) -> Self:
        score_folders(self.roots)  # before anything is made: a wrong name is said
        self.store.__enter__()
        try:
            self.binding = Binding.kept(self.store)
            if self.binding is not None:
                self.layout = self._layout(self.binding)
                refuse_other_counts(self.store, counted_by(self.layout, settings=self.settings))
        except BaseException:
            self.store.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self.store.__exit__(*error)

    def look(self, *, today: date | None = None) -> Looked:
        """Look once. Killed in the middle, the next look goes on as if nothing had happened.

        Raises:
            UserError: nothing was ever counted, and this is why.
        """
        deliver(self.store, self.channels)  # what an earlier look could not
        parts, articles, skipped = self._count()
        until = self._complete_until(today or date.today())
        reports = 0
        if until is not None and self.layout is not None and self.binding is not None:
            reports = self._test(until, layout=self.layout, model=self.binding.scores.model)
            deliver(self.store, self.channels)
        states = list(self.store.sources())
        series = [one for source in states for one in source.series.values()]
        return Looked(
            parts=parts,
            articles=articles,
            skipped=skipped,
            sources=len(states),
            series=len(series),
            learning=sum(one.tail is None for one in series),
            until=None if until is None else first_day(until + 1, self.settings.every) - timedelta(days=1),
            reports=reports,
            waiting={name: len(kept) for name in CHANNELS if (kept := waiting(self.store, name))},
        )

    def _count(self) -> tuple[int, int, int]:
        """Count new parts, each wholly or not at all. Parts, new articles, skipped articles."""
        problems: list[str] = []
        total = np.zeros(3, dtype=int)
        every = list(arrivals(score_folders(self.roots), known=self.store.known_parts()))
        for number, arrival in enumerate(every):
            try:
                scores = open_scores([arrival.folder])
                if self.binding is not None:
                    self.binding.refuse_other(scores)
                for done, (part, mark) in enumerate(arrival.parts.items()):
                    self.progress("counting articles", number + done / len(arrival.parts), len(every))
                    total += (1, *self._count_part(part, mark, scores=scores))
            except UserError as error:
                problems += error.problems
            except (OSError, pa.ArrowException, pl.exceptions.PolarsError) as error:
                problems.append(f"{arrival.folder}: not readable ({first_line(error)}); tried again later")
        if problems and self.binding is None:
            raise UserError(problems)
        for problem in problems:
            self.say(problem)
        parts, articles, skipped = total.tolist()
        return parts, articles, skipped

    def _count_part(self, part: Path, mark: str, *, scores: Scores) -> tuple[int, int]:
        """New and skipped articles of a part. The first one ever binds the state to its model."""
        binding = self.binding or Binding.of(scores)
        layout = self.layout or self._layout(binding)
        passages = read_part(part, scores=scores, settings=self.settings.counting())
        with self.store.change():
            if self.binding is None:
                self.store.keep(binding.entries(layout, settings=self.settings))
            found, days = count(passages, layout=layout, scores=scores, new=self.store.new_articles)
            for one in found:
                self.store.add_counts(one.source, periods=one.periods, squares=one.squares)
            self.store.add_days(days)
            self.store.know_part(part.parent.parent, part.name, mark)
        self.binding, self.layout = binding, layout
        return sum(days.values()), passages.skipped

    def _layout(self, binding: Binding) -> Layout:
        return binding.layout(
            narratives=self.narratives, own_narratives=self.own_narratives, settings=self.settings
        )  # fmt: skip

    def _complete_until(self, today: date) -> int | None:
        """Number of the last period that is over since `grace` days, by the articles' own dates; None where none is.

        Dates in the future do not count, nor does a day that fewer than `CERTAIN` articles have reached.
        """
        seen = 0
        for day, articles in self.store.newest_days((today - EPOCH).days):
            seen += articles
            if seen >= CERTAIN:
                return self._period(EPOCH + timedelta(days=day - self.settings.grace)) - 1
        return None

    def _period(self, day: date) -> int:
        return int(pl.select(period_of(pl.lit(day), self.settings.every)).item())

    def _test(self, until: int, *, layout: Layout, model: Mapping[str, str]) -> int:
        """Test all sources that have something new, and write down what was found. How many new reports."""
        since = self._since(until)
        if self.noise is None:
            widest = max(len(asked.question.classes) for asked in layout.asked)
            self.noise = common_noise(classes=widest, seed=self.settings.seed)
        looked: list[SourceState] = []
        alarms: list[Alarm] = []
        sources = list(self.store.sources())
        for number, source in enumerate(sources):
            tested = since if source.tested is None else source.tested
            if tested >= until and not source.grew:
                continue
            self.progress("looking at sources", number, len(sources))
            counts = self.store.counts(source.name, size=layout.size)
            state, found = look_at(
                source, counts, layout=layout, since=since, until=until, noise=self.noise, settings=self.settings
            )
            looked.append(state)
            alarms += found
        alarms.sort(key=lambda alarm: (alarm.seen, alarm.shift.by, alarm.question))
        shown = self._evidence(alarms, layout=layout)
        reports = [report_of(*one, model=model, settings=self.settings) for one in shown]
        with self.store.change():
            new = write_down(self.store, reports, channels=list(self.channels))
            for state in looked:
                self.store.set_source(state)
        return new

    def _since(self, until: int) -> int:
        """Number of the last period that is history: settled at the first look."""
        with self.store.reading():
            kept = self.store.about("since")
        if kept is not None:
            return int(kept)
        asked = self.settings.since
        since = until if asked is None else self._period(asked) - 1
        with self.store.change():
            self.store.keep({"since": since})
        return since

    def _evidence(self, alarms: Sequence[Alarm], *, layout: Layout) -> list[tuple[Alarm, Evidence | None]]:
        """Each alarm with what shows it, from the score folders that are still there."""
        if not alarms:
            return []
        known = {folder for folder, _ in self.store.known_parts()}
        present = [folder for folder in score_folders(self.roots) if str(folder) in known]
        told = [one.question for one in layout.asked if one.task == "narrative"]
        try:
            scores = open_scores(present)
            shown = show(
                [one.shift for one in alarms], scores=scores, narratives=told, settings=self.settings.counting()
            )
        except (UserError, OSError, pl.exceptions.PolarsError) as error:
            self.say(f"no evidence can be shown: {first_line(error)}")
            return [(alarm, None) for alarm in alarms]
        return [(replace(alarm, shift=shift), evidence) for alarm, (shift, evidence) in zip(alarms, shown, strict=True)]

    def say(self, words: str) -> None:
        """Say something once."""
        if words not in self._said:
            self._said.add(words)
            self._say(words)
