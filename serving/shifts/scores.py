"""Score folders as one lazy table, with what their metadata say: codebook, decision, the id column, the model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from ...model.codebook import Codebook, parse_codebook
from ...model.decision import Decision
from ...model.errors import UserError, first_line, suggestion
from ..folder import PARTS, PROGRESS, RUN


@dataclass(frozen=True)
class Scores:
    """Parts of one or several score folders of the same model.

    Attributes:
        parts: files in the order of their rows.
        id: the id column's name.
        columns: every column's name.
        passages: rows of all parts.
        unfinished: folders whose scoring has not ended.
        model: digest, engine and codebook of the scores.
    """

    folders: tuple[Path, ...]
    parts: tuple[Path, ...]
    codebook: Codebook
    decision: Decision
    id: str
    columns: tuple[str, ...]
    passages: int
    unfinished: tuple[Path, ...]
    model: dict[str, str]

    def need(self, column: str, *, flag: str) -> str:
        """The column's own name.

        Raises:
            UserError: the scores do not have it.
        """
        if column in self.columns:
            return column
        carried = [name for name in self.columns if name not in self._made()]
        raise UserError(
            f"{self.folders[0]}: no column {column!r} {suggestion(column, carried)}. Name another with {flag}, "
            f"or score again with --carry {column}"
        )

    def _made(self) -> set[str]:
        own = {f"{name}.{label}" for name, task in self.codebook.tasks.items() for label in task.labels}
        return own | set(self.codebook.tasks) | {"passage", "start", "end", "truncated", "student"}

    def scan(self, parts: Sequence[Path] | None = None) -> pl.LazyFrame:
        """Rows of these parts, or of all."""
        return pl.scan_parquet(list(parts or self.parts), missing_columns="insert", extra_columns="ignore")


def open_scores(folders: Sequence[Path]) -> Scores:
    """Look into score folders.

    Raises:
        UserError: no score folder, nothing scored in it yet, or folders of different models.
    """
    if not folders:
        raise UserError("name the score folders: narrashift shift SCORES --out DIR")
    parts: list[Path] = []
    first: pa.Schema | None = None
    passages, unfinished = 0, []
    for folder in folders:
        if not (folder / RUN).is_file():
            raise UserError(f"{folder}: no score folder (there is no {RUN} in it). narrashift score makes one")
        found = sorted((folder / PARTS).glob("*.parquet"))
        if not found:
            raise UserError(f"{folder}: nothing is scored in it yet. Go on with the same narrashift score command")
        try:
            schema = pq.read_schema(found[0])
            schema = schema.with_metadata(schema.metadata or {})
            passages += sum(pq.read_metadata(part).num_rows for part in found)
        except (pa.ArrowException, OSError) as error:
            raise UserError(f"{folder / PARTS}: broken: {first_line(error)}") from None
        if first is None:
            first = schema
        for key in (b"narrashift.bundle", b"narrashift.decision"):
            if schema.metadata.get(key) != first.metadata.get(key):
                raise UserError(
                    f"{folder}: scored by another model than {folders[0]}. Score both with one, or look at each alone"
                )
        if not _done(folder):
            unfinished.append(folder)
        parts += found
    assert first is not None
    codebook, decision = _answered_by(first, folder=folders[0])
    return Scores(
        folders=tuple(folders),
        parts=tuple(parts),
        codebook=codebook,
        decision=decision,
        id=first.names[0],
        columns=tuple(first.names),
        passages=passages,
        unfinished=tuple(unfinished),
        model={key: first.metadata[f"narrashift.{key}".encode()].decode() for key in ("bundle", "engine", "codebook")},
    )


def _done(folder: Path) -> bool:
    try:
        return bool(json.loads((folder / PROGRESS).read_text("utf-8")).get("done"))
    except (OSError, ValueError, AttributeError):
        return False


def _answered_by(schema: pa.Schema, *, folder: Path) -> tuple[Codebook, Decision]:
    try:
        text = schema.metadata[b"narrashift.codebook.toml"].decode()
        decision = Decision.model_validate_json(schema.metadata[b"narrashift.decision"])
    except (KeyError, ValueError):
        raise UserError(
            f"{folder}: scored by an older narrashift, whose scores do not hold their codebook. Score again"
        ) from None
    return parse_codebook(text, place=str(folder)), decision
