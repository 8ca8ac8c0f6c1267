"""In which languages a bundle has been measured: `languages.json`, which no digest covers."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .bundle import Bundle
from .errors import UserError, first_line
from .folders import write_whole

FILE = "languages.json"
FEWEST = 50
"""Passages of a language from which its figures are kept: with fewer, an F1 of 0.7 may as well be 0.55 or 0.85."""


class Measured(BaseModel):
    """The figures of a bundle on passages of one language.

    Attributes:
        language: ISO 639-1 code.
        data: digest of the labelled passages that they are among.
        on: `test`, the test part of its training, or `labelled`, passages that `evaluate --record` was given.
        figures: those of whole tasks, as `macro_f1/stance`: value and 95 % interval, None where undefined.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    language: str
    passages: Annotated[int, Field(ge=1)]
    data: str
    on: Literal["test", "labelled"]
    figures: dict[str, tuple[float | None, float | None, float | None]]

    def cell(self, name: str) -> str:
        """A figure with its interval, `0.74 [0.69, 0.79]`; a dash where there is none."""
        value, low, high = self.figures.get(name, (None, None, None))
        return "–" if value is None else f"{value:.2f} [{low or 0:.2f}, {high or 0:.2f}]"


class MeasuredLanguages(BaseModel):
    """The content of `languages.json`.

    Attributes:
        bundle: digest of the bundle that was measured.
        measured: by language and data.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    bundle: str
    measured: tuple[Measured, ...] = ()

    def passages(self) -> dict[str, int]:
        """Language -> passages that it was measured on, the most first."""
        counts: Counter[str] = Counter()
        for one in self.measured:
            counts[one.language] += one.passages
        return dict(counts.most_common())

    def joined(self, others: tuple[Measured, ...]) -> MeasuredLanguages:
        """These and those; the same language of the same data is replaced."""
        kept = {(one.language, one.data): one for one in (*self.measured, *others)}
        return MeasuredLanguages(bundle=self.bundle, measured=tuple(kept.values()))


def read_measured(bundle: Bundle) -> MeasuredLanguages:
    """What a bundle has been measured in: nothing, where it does not say, or says it of another state of the bundle.

    Raises:
        UserError: the file is broken.
    """
    path, nothing = bundle.path / FILE, MeasuredLanguages(bundle=bundle.digest)
    if not path.exists():
        return nothing
    try:
        found = MeasuredLanguages.model_validate(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, ValidationError, RecursionError) as error:
        raise UserError(
            f"{path}: not what a training writes ({first_line(error)}). Delete it; "
            "narrashift evaluate BUNDLE LABELLED --record writes it anew"
        ) from None
    return found if found.bundle == bundle.digest else nothing


def write_measured(folder: Path, measured: MeasuredLanguages) -> None:
    """Write `languages.json` into a bundle."""
    write_whole(folder / FILE, measured.model_dump_json(indent=1) + "\n")


def listed(passages: dict[str, int]) -> str:
    """`en (2,063 passages), uk (145)`."""
    first, *others = [f"{code} ({count:,}" for code, count in passages.items()]
    return ", ".join([f"{first} passages)", *(f"{one})" for one in others)])
