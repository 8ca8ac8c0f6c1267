"""Keep passages out of adaptation that something else is to be measured on, and what repeats them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from ...model.errors import UserError
from ...model.passages import unusable_text
from ...model.shingles import shingles
from ...rows import BadRow
from ..data.sources import rows_of_files

SHARED = 0.5
"""Of the runs of three words of the shorter passage: above this share, one repeats the other."""


def read_without(paths: Iterable[Path], *, text: str, encoding: str) -> list[str]:
    """The texts in these files, from the column `text` names or from `text` itself.

    Raises:
        UserError: a row that cannot be read: what is in it could not be kept out.
    """
    texts, problems = [], []
    for row in rows_of_files(list(paths), encoding=encoding):
        if isinstance(row, BadRow):
            problems.append(f"--without {row.place}: {row.reason}")
            continue
        value = row.values.get(text, row.values.get("text"))
        if reason := unusable_text(value):
            problems.append(f"--without {row.place}, {text}: {reason}")
        else:
            texts.append(str(value))
    if problems:
        raise UserError(problems, consequence="nothing was adapted")
    return texts


def unlike(texts: Sequence[str], others: Iterable[str]) -> list[int]:
    """Indices of the texts that repeat none of the others, as a whole or in part.

    Two repeat each other where the shorter one shares more than half of its runs of three words with the other
    (overlap coefficient; runs as in Broder 1997). Pairs without a common run are never compared.
    """
    sizes: list[int] = []
    holders: dict[tuple[str, ...], list[int]] = {}
    for number, other in enumerate(others):
        runs = shingles(other)
        sizes.append(len(runs))
        for run in runs:
            holders.setdefault(run, []).append(number)
    kept = []
    for index, text in enumerate(texts):
        runs = shingles(text)
        shared = Counter(number for run in runs for number in holders.get(run, ()))
        if all(count <= SHARED * min(len(runs), sizes[number]) for number, count in shared.items()):
            kept.append(index)
    return kept
