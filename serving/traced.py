"""Which tracked run a folder belongs to: `tracked.json`, and what a finding says of where it comes from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..model.folders import write_whole
from .folder import RUN

TRACKED = "tracked.json"
LINKS = ("run_id", "model_version", "training_run")


def read_tracked(folder: Path) -> dict[str, str]:
    """`run_id`, `model_version` and `training_run` of a folder, as far as it was tracked and they were known."""
    try:
        content = json.loads((folder / TRACKED).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    found = content if isinstance(content, dict) else {}
    return {name: found[name] for name in LINKS if isinstance(found.get(name), str)}


def write_tracked(folder: Path, links: Mapping[str, str | None]) -> None:
    """Write down the run of a folder."""
    write_whole(folder / TRACKED, json.dumps({name: links.get(name) for name in LINKS}, indent=1))


def fingerprint_digest(folder: Path) -> str | None:
    """16 hex digits of what a score folder is of (`run.json`); None where that cannot be read."""
    try:
        content = json.loads((folder / RUN).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return digest_of(content)


def digest_of(content: Any) -> str:
    """SHA-256 of JSON, 16 hex digits; the order of keys makes no difference."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def trace(folders: Sequence[Path], *, bundle: str, links: Sequence[Mapping[str, str | None]] = ()) -> dict[str, Any]:
    """Where findings in these score folders come from: the bundle, and of each folder its run, and the model's.

    Args:
        links: of each folder what a tracking store knows of it; else what it says itself.
    """
    known = links or [read_tracked(folder) for folder in folders]
    return {
        "bundle": bundle,
        "scores": [
            {"folder": folder.resolve().name, "fingerprint": fingerprint_digest(folder)}
            | {name: own.get(name) for name in LINKS}
            for folder, own in zip(folders, known, strict=True)
        ],
    }
