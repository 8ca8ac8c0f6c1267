"""A passage on its way to a layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from .....model.codebook import Codebook

PLAIN = (str, int, float, bool)


@dataclass(frozen=True)
class Outgoing:
    """A passage with its labels, which a person gave, or with a model's to be corrected.

    Attributes:
        labels: task -> labels; None where it is not labelled.
        columns: optional columns that the passage has, and others that were carried.
        model: what predicted the labels; None where they are a person's.
        sureness: probability of the least sure of the model's decisions.
    """

    text: str
    labels: Mapping[str, Sequence[str] | None]
    columns: Mapping[str, Any] = field(default_factory=dict)
    model: str | None = None
    sureness: float | None = None


def plain(passage: Outgoing) -> Outgoing:
    """The passage with columns that every layout can hold."""
    columns = {name: value if isinstance(value, PLAIN) else str(value) for name, value in passage.columns.items()}
    return replace(passage, columns=columns)


class Writer(Protocol):
    """Writes passages to `out`, whole or not at all, and says which files there are now."""

    def __call__(
        self, passages: Sequence[Outgoing], *, codebook: Codebook, out: Path, overwrite: bool
    ) -> list[Path]: ...
