"""What is labelled and what is believed of it: rows with a text, and the shares of labels among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...model.codebook import Codebook
from ...model.errors import UserError
from ...model.passages import unusable_text
from ...rows import BadRow
from ..data.sources import rows_of_files
from .functions import leaf_of
from .votes import questions_of

USUAL = 0.1
"""Share of the passages that have a leaf of a multi task, where nothing else is stated."""


def read_passages(
    data: Iterable[Path | str], *, text: str = "text", encoding: str = "utf-8"
) -> tuple[list[dict[str, Any]], list[str]]:
    """Rows with a usable text, under `text`; and what was refused, a line each."""
    rows: list[dict[str, Any]] = []
    refused: list[str] = []
    for row in rows_of_files(data, encoding=encoding):
        if isinstance(row, BadRow):
            refused.append(f"{row.file}, {row.place}: {row.reason}")
            continue
        reason = (
            unusable_text(row.values[text])
            if text in row.values
            else f"no column {text!r} among {', '.join(row.values)}. Name it with --column text=NAME"
        )
        if reason:
            refused.append(f"{row.file}, {row.place}, {text}: {reason}")
        else:
            rows.append({**row.values, "text": row.values[text]})
    return rows, refused


def given_shares(stated: Mapping[str, float], *, codebook: Codebook) -> dict[str, np.ndarray]:
    """Question -> shares ``(classes,)``: as stated (`task.leaf` -> 0..1), the rest of a single task spread evenly.

    Raises:
        UserError: a name that is no leaf, or shares of a single task that leave nothing for its other leaves.
    """
    shares: dict[str, np.ndarray] = {}
    for name in stated:
        try:
            leaf_of(name, against=False, codebook=codebook)
        except ValueError as error:
            raise UserError(f"share {name}: {error}") from None
    for question in questions_of(codebook):
        if question.label is not None:
            on = stated.get(question.name, USUAL)
            shares[question.name] = np.array([1 - on, on])
            continue
        told = {
            leaf: stated[f"{question.task}.{leaf}"] for leaf in question.classes if f"{question.task}.{leaf}" in stated
        }
        left, open_ = 1 - sum(told.values()), len(question.classes) - len(told)
        if (open_ and left < 0.001 * open_) or (not open_ and abs(left) > 0.02):
            raise UserError(
                f"shares of {question.task}: they sum to {sum(told.values()):.2f}, and must sum to 1 in all"
            )
        found = np.array([told.get(leaf, left / max(open_, 1)) for leaf in question.classes])
        shares[question.name] = found / found.sum()
    return shares
