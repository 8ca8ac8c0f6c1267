"""Shift folders made by hand and written by the real writer: peaceful, hostile, and large ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl

from narrashift.serving.shifts.finding import Interval, Shift, Stretch, Volume
from narrashift.serving.shifts.output import write_found
from narrashift.serving.shifts.settings import ShiftSettings
from narrashift.serving.shifts.showing.evidence import Evidence, Side
from narrashift.serving.shifts.showing.typical import Passage
from narrashift.serving.shifts.showing.words import Word

BEGIN = date(2022, 1, 3)
LABELS = {
    "stance": ("pro_ukraine", "pro_russia", "neutral"),
    "frame": (
        "gains_ukraine", "gains_russia", "losses_ukraine", "losses_russia", "information_warfare", "gains", "losses",
    ),
    "technique": (
        "attack_on_reputation", "justification", "simplification", "distraction", "call", "manipulative_wording",
    ),
    "narrative": ("russia_told_to_gain", "russia_conceded_to_lose", "ukraine_told_to_gain", "ukraine_conceded_to_lose"),
}  # fmt: skip
GAINS = "Our forces continue their advance and captured another village, the ministry said in its report."
LOSSES = "The units were moved to positions prepared beforehand after heavy losses, officers conceded on Sunday."


def make_folder(
    path: Path,
    *,
    sources: Sequence[str] = ("north.example", "south.example", "west.example"),
    weeks: int = 40,
    turned: int = 1,
    texts: Sequence[str] = (GAINS, LOSSES),
    links: Sequence[str | None] = ("https://north.example/1",),
    words: Sequence[str] = ("advance", "losses"),
    labels: dict[str, tuple[str, ...]] | None = None,
    kind: str = "narrative",
    each: int = 2,
    seed: int = 0,
) -> Path:
    """A shift folder: every `turned`-th source turns in losses of Russia and back in gains, the others never.

    The last source is always one that holds too little to tell.
    """
    rng = np.random.default_rng(seed)
    labels = labels or LABELS
    shifts: list[tuple[Shift, Evidence]] = []
    series = []
    columns = [(name, one) for name, own in labels.items() for one in own]
    levels = np.repeat(rng.uniform(0.02, 0.3, (len(sources), len(columns), 1)), weeks, axis=2)
    task, label = ("frame", "losses_russia") if "frame" in labels else next((t, n[-1]) for t, n in labels.items())
    against = "gains_russia" if task == "frame" else labels[task][0]
    for number, source in enumerate(sources):
        turns = number % turned == 0 and number < len(sources) - 1
        middle = weeks // 3 + int(rng.integers(weeks // 3))
        after = np.arange(weeks) >= middle
        for index, (name, one) in enumerate(columns):
            if turns and name == task and one in (label, against):
                levels[number, index] = np.where(after == (one == label), 0.5, 0.1)
            lacking = number == len(sources) - 1
            question = name if name == "stance" else f"{name}.{one}"
            verdict = "insufficient data" if lacking else "shift" if turns and name == task else "no shift"
            series.append(_looked_at(source, question, verdict))
        if turns:
            day = BEGIN + timedelta(days=7 * middle)
            for rises, one in ((True, label), (False, against)):
                shifts.append(
                    (
                        _shift(f"s{len(shifts):04d}", source, task, one, day, weeks, rises=rises, kind=kind),
                        _evidence(day, f"{task}.{one}", texts, links, words, each),
                    )
                )
    found = SimpleNamespace(
        scores=SimpleNamespace(
            folders=[Path("made")], passages=1234, model={"bundle": "b" * 16, "engine": "onnx", "codebook": "made 1 d"}
        ),
        settings=ShiftSettings(),
        table=_table(sources, columns, levels, rng),
        series=series,
        shifts=shifts,
        volume=[Volume(sources[0], BEGIN + timedelta(days=70), 10.0, 25.0, 0.001)],
        relations=None,
        notes=["3 articles without a date that can be read were left out"],
    )
    path.mkdir(parents=True)
    write_found(found, path)  # type: ignore[arg-type]
    return path


def _table(
    sources: Sequence[str], columns: Sequence[tuple[str, str]], levels: np.ndarray, rng: np.random.Generator
) -> pl.DataFrame:
    """Shares that scatter around the levels, ``(sources, labels, weeks)``."""
    weeks = levels.shape[2]
    share = np.clip(levels + rng.normal(0, 0.04, levels.shape), 0, 1).astype(np.float32).ravel()
    names = pl.DataFrame({"by": sources}).join(
        pl.DataFrame({"task": [t for t, _ in columns], "label": [n for _, n in columns]}), how="cross"
    )
    periods = pl.DataFrame({"period": [BEGIN + timedelta(days=7 * week) for week in range(weeks)]})
    return names.join(periods, how="cross").with_columns(
        pl.lit(12, pl.Int32).alias("articles"),
        pl.lit(40, pl.Int32).alias("passages"),
        pl.Series("raw", share * np.float32(0.8)),
        pl.Series("share", share),
        pl.Series("low", np.clip(share - np.float32(0.08), 0, 1)),
        pl.Series("high", np.clip(share + np.float32(0.08), 0, 1)),
    )


def _looked_at(source: str, question: str, verdict: str) -> SimpleNamespace:
    return SimpleNamespace(
        by=source,
        asked=SimpleNamespace(question=SimpleNamespace(name=question), method="matching", reason=None),
        searched=SimpleNamespace(
            verdict=verdict, power=0.4, articles_needed=12.5, spread=0.01, correlation=0.3, threshold=9.0
        ),
    )


def _shift(
    name: str, source: str, task: str, label: str, day: date, weeks: int, *, rises: bool, kind: str
) -> Shift:  # fmt: skip
    low, high = Interval(0.1, 0.07, 0.13), Interval(0.5, 0.44, 0.55)
    end = BEGIN + timedelta(days=7 * weeks)
    return Shift(
        id=name,
        by=source,
        task=task,
        label=label,
        kind=kind,  # type: ignore[arg-type]
        date=day,
        earliest=day - timedelta(days=7),
        latest=day + timedelta(days=14),
        before=Stretch(BEGIN, day, 300),
        after=Stretch(day, end, 400),
        share_before=low if rises else high,
        share_after=high if rises else low,
        change=Interval(0.4, 0.33, 0.46) if rises else Interval(-0.4, -0.46, -0.33),
        raw_before=0.1 if rises else 0.4,
        raw_after=0.4 if rises else 0.1,
        p_value=0.0004,
        q_value=0.002 if rises else 0.03,
        by_topics=Interval(0.01, -0.02, 0.05),
        supported=rises,
    )


def _evidence(
    day: date, label: str, texts: Sequence[str], links: Sequence[str | None], words: Sequence[str], each: int
) -> Evidence:
    def side(text_from: int, before: bool) -> Side:
        passages = tuple(
            Passage(
                id=f"{'b' if before else 'a'}-{i}",
                day=day + timedelta(days=-3 - i if before else 3 + i),
                link=links[i % len(links)],
                passage=i,
                start=0,
                end=len(texts[(text_from + i * 2) % len(texts)]),
                probability=0.97,
                text=texts[(text_from + i * 2) % len(texts)],
            )
            for i in range(each)
        )
        return Side(label if not before else f"not {label}", passages, (Word(words[text_from], 30, 4, -6.1),))

    return Evidence(before=side(0, True), after=side(1 % len(words), False))
