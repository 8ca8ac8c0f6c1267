"""In which languages a dump is, beside those in which the bundle that scored it has been measured."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from ..model.bundle import Bundle
from ..model.folders import write_whole
from ..model.measured import FILE, listed, read_measured

WORTH_A_WARNING = 0.01
"""Share of the passages in unmeasured languages: of those in measured ones, fewer are taken for others by mistake."""
UNTOLD = "untold"
Tell = Callable[[str], None]


def tell_nobody(line: str) -> None:
    """For whoever wants no lines."""


@dataclass(frozen=True)
class DumpLanguages:
    """What is written beside the scores, as `languages.json`.

    Attributes:
        measured: language -> passages that the bundle was measured on; empty where it does not say.
        passages: language -> passages of the dump, the most first, `untold` where it could not be told.
    """

    measured: dict[str, int]
    passages: dict[str, int]

    @property
    def unmeasured(self) -> dict[str, int]:
        """Of the dump's languages, those that the bundle was not measured in; none where nobody knows."""
        if not self.measured:
            return {}
        return {code: n for code, n in self.passages.items() if code not in (*self.measured, UNTOLD)}

    def warning(self) -> str | None:
        """What a user must know of a dump in other languages; None where 1 % of its passages or less are."""
        other, all_of_them = sum(self.unmeasured.values()), sum(self.passages.values())
        if other <= WORTH_A_WARNING * all_of_them:
            return None
        told = ", ".join(f"{code} {count:,}" for code, count in self.unmeasured.items())
        return (
            f"{other:,} of {all_of_them:,} passages ({other / all_of_them:.1%}) are in languages in which this bundle "
            f"has not been measured: {told}. Its labels may be worth nothing there: label some of them and run "
            "narrashift evaluate BUNDLE LABELLED --record, or leave them out (column language)"
        )


def measured_in(bundle: Bundle) -> str:
    """The languages that a bundle has been measured in, in a line.

    Raises:
        UserError: its `languages.json` is broken.
    """
    if passages := read_measured(bundle).passages():
        return f"this bundle has been measured in {listed(passages)}"
    return (
        "this bundle does not say in which languages it has been measured; "
        "narrashift evaluate BUNDLE LABELLED --record adds it"
    )


def count_languages(out: Path, parts: Sequence[Path], *, bundle: Bundle) -> DumpLanguages:
    """Count the passages of all parts by language, and write them into the score folder."""
    counted: Counter[str] = Counter()
    for part in parts:
        column = pq.read_table(part, columns=["language"])["language"]
        for entry in column.value_counts().to_pylist():
            counted[entry["values"] or UNTOLD] += entry["counts"]
    found = DumpLanguages(measured=read_measured(bundle).passages(), passages=dict(counted.most_common()))
    content = {"measured": found.measured, "passages": found.passages, "unmeasured": found.unmeasured}
    if read_counted(out) != content:  # a finished run that is started again changes nothing
        write_whole(out / FILE, json.dumps(content, indent=1) + "\n")
    return found


def read_counted(out: Path) -> dict[str, dict[str, int]]:
    """What `count_languages` wrote into a score folder; empty where languages were not told."""
    try:
        content: Any = json.loads((out / FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
