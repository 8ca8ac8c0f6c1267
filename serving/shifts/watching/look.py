"""Take one source's detectors through the periods that have become complete."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..changes.search import FALSE_ALARMS, SHORTEST, find_changes
from ..finding import Shift
from ..periods import per_year
from .alarm import shift_of
from .calibration import SOURCE_YEARS
from .detector import rests_on_several
from .noise import Noise
from .series import Layout, answer_values, calibrated, run_of
from .settings import WatchSettings
from .state import SeriesState, SourceCounts, SourceState


@dataclass(frozen=True)
class Alarm:
    """A shift that a detector has just seen.

    Attributes:
        question: which; `seen`: number of the last period that it rests on.
        chance: probability that a series without a shift reaches such a gain within `calibration.HORIZON` periods.
    """

    question: str
    shift: Shift
    seen: int
    chance: float


def look_at(
    source: SourceState, counts: SourceCounts, *, layout: Layout, since: int, until: int, noise: Noise,
    settings: WatchSettings,
) -> tuple[SourceState, list[Alarm]]:  # fmt: skip
    """Test every period up to one, in order, and once more the last one where articles came late.

    What is found does not depend on how often one looks, but for articles that come late.

    Args:
        since: number of the last period that is history for a source not looked at before.
        until: number of the last complete period.
    """
    states = dict(source.series)
    tested = since if source.tested is None else source.tested
    if missing := [one.question.name for one in layout.asked if one.question.name not in states]:
        begun = _history(counts, layout=layout, last=tested, settings=settings)
        states |= {name: begun[name] for name in missing}
    alarms = []
    again = source.grew and tested == until
    for now in [until] if again else range(tested + 1, until + 1):
        for number, asked in enumerate(layout.asked):
            name, part = asked.question.name, layout.part(number)
            if states[name].until < now:
                states[name] = calibrated(
                    counts, state=states[name], asked=asked, part=part, now=now - 1, noise=noise
                )  # fmt: skip
            alarm = _test(
                counts, state=states[name], layout=layout, number=number, now=now, noise=noise, settings=settings
            )
            if alarm is not None:
                found, latest = alarm
                alarms.append(found)
                states[name] = states[name].begun_anew(latest)
    return source.with_series(states, tested=max(until, tested)), alarms


def _test(
    counts: SourceCounts, *, state: SeriesState, layout: Layout, number: int, now: int, noise: Noise,
    settings: WatchSettings,
) -> tuple[Alarm, int] | None:  # fmt: skip
    """A shift of one series, and the last period in which its new level may have begun."""
    if state.tail is None or state.until < now:
        return None
    asked, part = layout.asked[number], layout.part(number)
    run = run_of(counts, state=state, part=part, now=now)
    gain = run.gain
    bound = state.tail.threshold(
        years=SOURCE_YEARS[settings.sensitivity], periods_per_year=per_year(settings.every), members=len(layout.asked)
    )
    if gain < bound or not rests_on_several(run.weighted, bound=bound):
        return None
    found = shift_of(counts, run=run, state=state, asked=asked, part=part, now=now, noise=noise, settings=settings)
    if found is None:
        return None
    shift, latest = found
    return Alarm(asked.question.name, shift, now, state.tail.chance(gain)), latest


def _history(
    counts: SourceCounts, *, layout: Layout, last: int, settings: WatchSettings
) -> dict[str, SeriesState]:  # fmt: skip
    """Where the present level of each question began, by the search of `narrashift shift`; nothing is reported."""
    names = [asked.question.name for asked in layout.asked]
    periods = last - counts.first + 1
    if periods < 2 * SHORTEST:
        return {name: SeriesState(counts.first) for name in names}
    widest = max(len(asked.question.classes) for asked in layout.asked)
    own = counts.between(counts.first, last)
    series = np.zeros((len(names), periods, widest))
    for number, asked in enumerate(layout.asked):
        answers = own[:, layout.part(number)]
        series[number, :, : len(asked.question.classes)] = answers @ answer_values(answers.sum(axis=0), asked)
    searched = find_changes(
        counts=series, source=np.zeros(len(names), dtype=np.intp), periods_per_year=per_year(settings.every),
        false_alarms=FALSE_ALARMS[settings.sensitivity], seed=settings.seed,
    )  # fmt: skip
    return {
        name: SeriesState(counts.first + (found.changes[-1].high if found.changes else 0))
        for name, found in zip(names, searched, strict=True)
    }
