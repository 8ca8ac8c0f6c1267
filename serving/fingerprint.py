"""What a score table depends on: model, decision, settings and every byte of the input."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..model.bundle import Bundle
from ..model.exported import exported_for
from ..model.student import student_digest
from ..rows import AUTO, Input, estimate_rows, settled_encoding
from .articles import Columns
from .settings import Engine, ScoreSettings

BLOCK = 1 << 20
NOT_DECIDING = {"engine", "threads", "batch_tokens", "format", "on", "workers", "ray_address"}
"""Settings that change how long a run takes, or what is written beside the parts, or that `auto` may stand for: the
engine itself is in the fingerprint."""


def fingerprint(
    *, bundle: Bundle, engine: Engine, settings: ScoreSettings, inputs: Sequence[Input], columns: Columns
) -> tuple[dict[str, Any], int]:
    """The content of `run.json`, and about how many rows there are (0 where that cannot be told).

    Raises:
        UserError: a cascade is asked for, and the bundle has no student, or that of another bundle.
    """
    digests: dict[Path, tuple[int | None, str]] = {}
    return {
        "bundle": bundle.digest,
        "codebook": f"{bundle.codebook.name} {bundle.codebook.version}",
        "decision": hashlib.sha256(bundle.decision.model_dump_json().encode()).hexdigest()[:16],
        "engine": _engine(bundle, engine),
        **({} if settings.cascade is None else {"student": student_digest(bundle)}),
        "settings": settings.model_dump(mode="json", exclude=NOT_DECIDING),
        "columns": {new: str(kind) for new, kind in columns.types.items()},
        "input": [_identity(entry, settings.encoding, digests) for entry in inputs],
    }, sum(map(estimate_rows, inputs))


def _engine(bundle: Bundle, engine: Engine) -> str:
    """The engine; of an exported one also which file."""
    if engine == "torch" or engine == "tfidf":
        return engine
    return f"{engine} {exported_for(bundle, engine).engines[engine].sha256[:16]}"


def _identity(entry: Input, encoding: str, digests: dict[Path, tuple[int | None, str]]) -> dict[str, Any]:
    """Name, size and digest of an input's file, which is read once however many members it has."""
    if entry.path not in digests:
        digests[entry.path] = read_through(entry.path)
    size, digest = digests[entry.path]
    settled = settled_encoding(entry, encoding)
    detected = {} if settled == AUTO else {"encoding": settled}
    return {"name": entry.name, "bytes": size, "sha256": digest, **detected}


def read_through(path: Path) -> tuple[int | None, str]:
    """Size and SHA-256 of a file's bytes.

    Of a file that cannot be read, the reason: it is the same input as long as it cannot, and its rest is set aside.
    """
    total, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                total.update(block)
                size += len(block)
    except OSError as error:
        return None, f"unreadable: {error.strerror or error}"
    return size, total.hexdigest()
