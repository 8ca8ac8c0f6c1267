"""Run every check on labelled passages, and gather what they found."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ....model.codebook import Codebook
from ....model.errors import UserError
from ....model.progress import Progress, silent
from ....rows import AUTO, LABELLED, find_files, name_inputs, settled_encoding
from ...settings import TrainSettings
from ..corpus import read_readable
from .checks import CHECKS, LABEL_ERRORS
from .finding import SEVERITIES, Finding, Table
from .material import Material, of_corpus

MOST_FOR_LABEL_ERRORS = 20_000
"""Passages up to which likely label errors are looked for without being asked: they take minutes."""
DEFAULTS = TrainSettings()


@dataclass(frozen=True)
class Checked:
    """What all checks found.

    Attributes:
        found: title of a check -> its tables and findings, in their order.
    """

    passages: int
    found: dict[str, list[Finding | Table]]

    @property
    def findings(self) -> list[tuple[str, Finding]]:
        """Every finding with its check's title, the worst first."""
        every = [(title, one) for title, found in self.found.items() for one in found if isinstance(one, Finding)]
        return sorted(every, key=lambda pair: SEVERITIES.index(pair[1].severity))

    @property
    def tables(self) -> list[Table]:
        """Every table, in the order of the checks."""
        return [one for found in self.found.values() for one in found if isinstance(one, Table)]

    @property
    def counts(self) -> dict[str, int]:
        """Findings of each severity, the worst first."""
        return {name: sum(one.severity == name for _, one in self.findings) for name in SEVERITIES}

    @property
    def dishonest(self) -> bool:
        """Whether test figures on these data would be better than the truth."""
        return self.counts["dishonest"] > 0

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return {
            "passages": self.passages,
            "dishonest": self.dishonest,
            "findings": [
                {
                    "check": title,
                    "severity": one.severity,
                    "text": one.text,
                    "way_out": one.way_out,
                    "rows": [{"place": spot.place, "text": spot.text, "said": spot.said} for spot in one.spots],
                }
                for title, one in self.findings
            ],
            "tables": [
                {"check": title, "title": one.title, "said": one.said, "columns": one.columns, "rows": one.rows}
                for title, found in self.found.items()
                for one in found
                if isinstance(one, Table)
            ],
        }


def check_data(
    data: Iterable[Path | str] | Path | str,
    *,
    codebook: Codebook,
    column: Mapping[str, str] | None = None,
    encoding: str | None = None,
    label_errors: bool | None = None,
    backbone: str = DEFAULTS.backbone,
    max_tokens: int = DEFAULTS.max_tokens,
    progress: Progress = silent,
) -> Checked:
    """Everything wrong or doubtful about labelled passages; wrong rows do not stop it.

    Args:
        data, codebook, column: as `read_corpus`.
        encoding: of JSONL, CSV and TSV; without it each file's own is detected, and said where it is not UTF-8.
        label_errors: look for likely label errors; None: up to 20,000 passages.
        backbone, max_tokens: by whose tokenizer passages are counted, and where they would be cut.

    Raises:
        UserError: no passage could be read at all, with all that is wrong.
    """
    data = [data] if isinstance(data, str | Path) else list(data)
    read = read_readable(data, codebook=codebook, column=column, encoding=encoding or AUTO)
    if not len(read.corpus):
        raise UserError([str(problem) for problem in read.problems] or "no passage in the data")
    material = replace(
        of_corpus(read.corpus, places=read.places),
        problems=tuple(read.problems),
        encodings=() if encoding else _other_encodings(data),
        backbone=backbone,
        max_tokens=max_tokens,
    )
    return check_material(material, label_errors=label_errors, progress=progress)


def check_material(material: Material, *, label_errors: bool | None = None, progress: Progress = silent) -> Checked:
    """Every check on what was read."""
    passages = len(material.corpus)
    found: dict[str, list[Finding | Table]] = {}
    for done, (title, check) in enumerate(CHECKS.items()):
        progress(f"checking {title}", done, len(CHECKS))
        if title == LABEL_ERRORS and label_errors is None and passages > MOST_FOR_LABEL_ERRORS:
            found[title] = [Finding("not looked for among so many passages", way_out="Ask for it: --label-errors")]
        elif title == LABEL_ERRORS and label_errors is False:
            found[title] = [Finding("not looked for, as --no-label-errors says")]
        else:
            found[title] = [*check(material)]
    return Checked(passages=passages, found=found)


def _other_encodings(data: list[Path | str]) -> tuple[tuple[str, str], ...]:
    """(file, encoding) of those that are not in UTF-8."""
    files: list[Path] = []
    for path in map(Path, data):
        with contextlib.suppress(UserError):  # told where the rows are read
            files += find_files([path])
    settled = [(entry.name, settled_encoding(entry, AUTO)) for entry in name_inputs(files) if entry.format in LABELLED]
    return tuple((name, encoding) for name, encoding in settled if encoding not in (AUTO, "utf-8"))
