"""Rows of a score folder as passages with a model's labels, for people to correct."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .....model.codebook import Codebook, parse_codebook
from .....model.errors import UserError, first_line
from .exported import Outgoing

MADE = frozenset({"text", "passage", "start", "end", "truncated", "student", "file", "row", "mended", "evidence"})


def is_score_folder(path: Path) -> bool:
    """Whether `narrashift score` wrote this folder."""
    return (path / "run.json").is_file() and (path / "parts").is_dir()


def codebook_of_scores(folder: Path) -> Codebook:
    """The codebook that stands in the metadata of the scores.

    Raises:
        UserError: nothing is scored yet, or the parts are broken.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    parts = sorted((folder / "parts").glob("*.parquet"))
    if not parts:
        raise UserError(f"{folder}: nothing is scored in it yet. Go on with the same narrashift score command")
    try:
        metadata = pq.read_schema(parts[0]).metadata or {}
        text = metadata[b"narrashift.codebook.toml"].decode()
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{parts[0]}: broken: {first_line(error)}") from None
    except (KeyError, ValueError):
        raise UserError(
            f"{folder}: scored by an older narrashift, whose scores hold no codebook. Score again"
        ) from None
    return parse_codebook(text, place=str(folder))


def scored_passages(folder: Path, *, codebook: Codebook, text: str) -> Iterator[Outgoing]:
    """Every scored passage with what was decided.

    Args:
        text: column of the passage's own text (`score --keep-text`), or of the article's, of which it is cut out.

    Raises:
        UserError: the scores have no such column, or a part is broken.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    own = {f"{name}.{label}" for name, task in codebook.tasks.items() for label in task.labels}
    for part in sorted((folder / "parts").glob("*.parquet")):
        try:
            table = pq.ParquetFile(part)
            names, metadata = table.schema_arrow.names, table.schema_arrow.metadata or {}
            if text not in names:
                raise UserError(
                    f"{folder}: no column {text!r} of texts. Score again with --keep-text, or name one with --text"
                )
            model = metadata.get(b"narrashift.bundle", b"narrashift").decode()
            carried = [name for name in names if name not in own | MADE | set(codebook.tasks) and name != text]
            for batch in table.iter_batches():
                for row in batch.to_pylist():
                    yield _passage(row, codebook=codebook, text=text, id=names[0], carried=carried, model=model)
        except (pa.ArrowException, OSError) as error:
            raise UserError(f"{part}: broken: {first_line(error)}") from None


def _passage(
    row: Mapping[str, Any], *, codebook: Codebook, text: str, id: str, carried: list[str], model: str
) -> Outgoing:
    whole, start, end = row[text], row["start"], row["end"]
    columns = {name: row[name] for name in carried if row[name] is not None and name != id}
    columns |= {"id": f"{row[id]}:{row['passage']}", "group": str(row[id])}
    labels = {}
    for name, task in codebook.tasks.items():
        decided = row[name]
        labels[name] = list(decided or ()) if task.kind == "multi" else [decided] if decided else []
        labels[name] = [label for label in labels[name] if label in task.leaves]
    return Outgoing(
        text=whole if len(whole) <= end - start else whole[start:end],
        labels=labels,
        columns=columns,
        model=model,
        sureness=_sureness(row, labels, codebook=codebook),
    )


def _sureness(row: Mapping[str, Any], labels: Mapping[str, list[str]], *, codebook: Codebook) -> float:
    """Probability of the least sure decision: that a label which is on is on, and one which is off is off."""
    found = [1.0]
    for name, task in codebook.tasks.items():
        chances = {leaf: float(row[f"{name}.{leaf}"]) for leaf in task.leaves}
        if task.kind == "single":
            found += [chances[label] for label in labels[name]] or [max(chances.values())]
        else:
            found += [chance if leaf in labels[name] else 1 - chance for leaf, chance in chances.items()]
    return round(min(found), 4)
