"""Figures by language, kept in the bundle and told by its card."""

from __future__ import annotations

import math
import re
from collections import Counter
from pathlib import Path
from typing import Literal

import numpy as np

from ...model.bundle import open_bundle
from ...model.errors import UserError
from ...model.folders import write_whole
from ...model.language import languages
from ...model.measured import FEWEST, Measured, MeasuredLanguages, read_measured, write_measured
from ..data.corpus import Corpus
from .evaluation import Predictions, measure

RESAMPLES = 300
CODE = re.compile(r"([a-z]{2,3})(?:[-_]\w+)*")
SECTION = re.compile(r"^## Languages\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
BEFORE = "## Labels\n"


def language_codes(corpus: Corpus) -> list[str | None]:
    """ISO 639-1 code of each passage: its column `language` (`uk`, `uk-UA`), where that is a code, else by its text."""
    given = corpus.column("language") if "language" in corpus.columns else [None] * len(corpus)
    codes = [match[1] if value and (match := CODE.fullmatch(value.strip().lower())) else None for value in given]
    open_ones = [i for i, code in enumerate(codes) if code is None]
    for i, code in zip(open_ones, languages([corpus.texts[i] for i in open_ones]), strict=True):
        codes[i] = code
    return codes


def measure_languages(
    predicted: Predictions, *, corpus: Corpus, on: Literal["test", "labelled"]
) -> tuple[Measured, ...]:
    """Figures of whole tasks on every language that has 50 passages or more, the most frequent first."""
    if len(corpus) < FEWEST:
        return ()
    codes = language_codes(corpus)
    found = []
    for code, count in Counter(code for code in codes if code).most_common():
        if count < FEWEST:
            continue
        inside = np.flatnonzero([own == code for own in codes])
        report = measure(predicted.select(inside), corpus=corpus.select(inside), resamples=RESAMPLES)
        figures = {
            name: (_number(figure.value), _number(figure.lo), _number(figure.hi))
            for name, figure in report.headline().items()
        }
        found.append(Measured(language=code, passages=count, data=corpus.digest, on=on, figures=figures))
    return tuple(found)


def keep_languages(folder: Path, *, predicted: Predictions, corpus: Corpus) -> None:
    """Write into the bundle in this folder how it did on its test part, by language."""
    if found := measure_languages(predicted, corpus=corpus, on="test"):
        _keep(folder, MeasuredLanguages(bundle=open_bundle(folder).digest, measured=found))


def record_languages(folder: Path, *, predicted: Predictions, corpus: Corpus) -> MeasuredLanguages:
    """Add to a bundle how it did on further labelled passages; all that it has been measured in.

    Raises:
        UserError: no language has 50 passages, or `languages.json` is broken.
    """
    before = read_measured(open_bundle(folder))
    found = measure_languages(predicted, corpus=corpus, on="labelled")
    if not found:
        raise UserError(
            f"--record: none of the {len(corpus):,} passages' languages has {FEWEST} of them; nothing was recorded. "
            "Label more of one language"
        )
    after = before.joined(found)
    _keep(folder, after)
    return after


def languages_section(measured: MeasuredLanguages) -> str:
    """The model card's section."""
    names = [name for name in measured.measured[0].figures if name.startswith("macro_f1/")]
    lines = [
        "## Languages",
        f"| language | passages | from | {' | '.join(f'`{name}`' for name in names)} |",
        "|---" * (3 + len(names)) + "|",
    ]
    for one in measured.measured:
        where = "its test part" if one.on == "test" else f"data `{one.data}`"
        lines.append(f"| {one.language} | {one.passages} | {where} | {' | '.join(map(one.cell, names))} |")
    return "\n".join([*lines, "", "In other languages it has not been measured.", "", ""])


def _keep(folder: Path, measured: MeasuredLanguages) -> None:
    write_measured(folder, measured)
    path = folder / "README.md"
    if not path.exists():
        return
    card, section = SECTION.sub("", path.read_text("utf-8")), languages_section(measured)
    before, labels, after = card.partition(BEFORE)
    write_whole(path, before + section + labels + after if labels else f"{card.rstrip()}\n\n{section.rstrip()}\n")


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)
