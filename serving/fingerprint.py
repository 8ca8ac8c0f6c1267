"""What a score table depends on: model, decision, settings and every byte of the input."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from typing import Any

from ..model.bundle import Bundle
from ..model.exported import exported_for
from ..model.student import student_digest
from .articles import Columns, Input
from .settings import Engine, ScoreSettings

BLOCK = 1 << 20
NOT_DECIDING = {"engine", "threads", "batch_tokens"}
"""Settings that change how long a run takes, or that `auto` may stand for: the engine itself is in the fingerprint."""


def fingerprint(
    *, bundle: Bundle, engine: Engine, settings: ScoreSettings, inputs: Sequence[Input], columns: Columns
) -> tuple[dict[str, Any], int]:
    """The content of `run.json`, and about how many rows there are (lines; 0 where that cannot be told).

    Raises:
        UserError: a cascade is asked for, and the bundle has no student, or that of another bundle.
    """
    files, lines = [], 0
    for entry in inputs:
        digest, count = _read_through(entry)
        files.append({"name": entry.name, "bytes": entry.path.stat().st_size, "sha256": digest})
        lines += count
    return {
        "bundle": bundle.digest,
        "codebook": f"{bundle.codebook.name} {bundle.codebook.version}",
        "decision": hashlib.sha256(bundle.decision.model_dump_json().encode()).hexdigest()[:16],
        "engine": _engine(bundle, engine),
        **({} if settings.cascade is None else {"student": student_digest(bundle)}),
        "settings": settings.model_dump(mode="json", exclude=NOT_DECIDING),
        "columns": {new: str(kind) for new, kind in columns.types.items()},
        "input": files,
    }, lines


def _engine(bundle: Bundle, engine: Engine) -> str:
    """The engine; of an exported one also which file."""
    if engine == "torch" or engine == "tfidf":
        return engine
    return f"{engine} {exported_for(bundle, engine).engines[engine].sha256[:16]}"


def _read_through(entry: Input) -> tuple[str, int]:
    """SHA-256 of a file's bytes, and the lines of its (unpacked) text or the rows of a Parquet file."""
    total, lines = hashlib.sha256(), 0
    unpack: Any = zlib.decompressobj(31) if entry.name.endswith(".gz") else None
    with entry.path.open("rb") as file:
        while block := file.read(BLOCK):
            total.update(block)
            if unpack is None:
                lines += block.count(b"\n")
                continue
            try:
                while block:
                    lines += unpack.decompress(block, 4 * BLOCK).count(b"\n")
                    block = unpack.unconsumed_tail or unpack.unused_data
                    if unpack.eof:  # a gzip file may have several members
                        unpack = zlib.decompressobj(31)
            except zlib.error:
                unpack = None
    if ".parquet" in entry.name:
        lines = _parquet_rows(entry)
    elif ".txt" in entry.name:
        lines = 1
    return total.hexdigest(), lines


def _parquet_rows(entry: Input) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_metadata(entry.path).num_rows
    except (pa.ArrowException, OSError):
        return 0
