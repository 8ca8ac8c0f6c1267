"""Dumps of a few rows, and what became of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import narrashift
from narrashift.serving.score import Scored
from narrashift.serving.settings import ScoreSettings


@dataclass(frozen=True)
class Outcome:
    """What lies in a score folder."""

    folder: Path
    table: pa.Table
    refused: list[dict]
    duplicates: list[dict]
    scored: Scored | None = None

    @property
    def rows(self) -> list[dict]:
        return self.table.to_pylist()

    def same_data(self, other: Outcome) -> bool:
        return self.table.equals(other.table) and self.refused == other.refused and self.duplicates == other.duplicates


@pytest.fixture(scope="session")
def read_folder() -> Callable[..., Outcome]:
    def read(folder: Path, scored: Scored | None = None) -> Outcome:
        return Outcome(
            folder=folder,
            table=pa.concat_tables(pq.read_table(part) for part in sorted((folder / "parts").iterdir())),
            refused=pq.read_table(folder / "errors.parquet").to_pylist(),
            duplicates=pq.read_table(found).to_pylist() if (found := folder / "duplicates.parquet").exists() else [],
            scored=scored,
        )

    return read


@pytest.fixture
def write_dump(tmp_path: Path) -> Callable[..., Path]:
    """Write rows (a string is a line as it is) as JSONL."""

    def write(rows: list[dict | str], name: str = "dump.jsonl") -> Path:
        path = tmp_path / name
        lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
        path.write_text("".join(line + "\n" for line in lines), "utf-8")
        return path

    return write


@pytest.fixture
def score_dump(tmp_path: Path, tiny_bundle: Path, write_dump, read_folder) -> Callable[..., Outcome]:
    """Score files, or rows written as JSONL, with the tiny bundle; settings by name."""

    def score(*inputs: Path | list, out: str = "scores", model: Path = tiny_bundle, **settings) -> Outcome:
        files = [write_dump(entry) if isinstance(entry, list) else entry for entry in inputs]
        scored = narrashift.score(files, model=model, out=tmp_path / out, settings=ScoreSettings(**settings))
        return read_folder(tmp_path / out, scored)

    return score


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> int:
    """Rows cut together, and with `part=1` rows of a part: a part needs 256 rows otherwise."""
    monkeypatch.setattr("narrashift.serving.chunks.ROWS_AT_ONCE", 4)
    return 4


@pytest.fixture
def small_sample(monkeypatch: pytest.MonkeyPatch) -> int:
    """Rows by which the columns' types are settled; 1,000 otherwise."""
    monkeypatch.setattr("narrashift.serving.articles.SAMPLE", 5)
    return 5


@pytest.fixture(scope="session")
def articles(early_rows: list[dict]) -> list[dict]:
    """30 articles of one to three passages."""
    texts = [row["text"] for row in early_rows]
    return [
        {"id": number, "source": f"outlet-{number % 3}", "text": "\n\n".join(texts[3 * number :][: 1 + number % 3])}
        for number in range(30)
    ]
