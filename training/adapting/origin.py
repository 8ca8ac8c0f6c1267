"""Where an adapted backbone comes from, written beside its weights, and read again by whoever trains on it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from ...model.pretrained import INSTALLED

FILE, WEIGHTS = "provenance.json", "model.safetensors"
MARK = "adapted_from"
"""Key that a backbone's `provenance.json` has and a bundle's has not."""


def backbone_digest(folder: Path) -> str | None:
    """SHA-256 (first 16 hex digits) of a local backbone's weights; None where they are not in one file."""
    weights = folder / WEIGHTS
    if not weights.is_file():
        return None
    with weights.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def is_adapted(folder: Path) -> bool:
    """Whether `narrashift adapt` wrote this folder."""
    return MARK in _read(folder)


def described_backbone(backbone: str) -> dict[str, Any]:
    """What a training says of an adapted backbone: its digest, what it was before, and the digest of its text.

    Empty for every other backbone: its name says which it is.
    """
    origin = _read(Path(backbone))
    if MARK not in origin:
        return {}
    return {
        "digest": backbone_digest(Path(backbone)),
        MARK: origin[MARK],
        "adapted_on": origin["data"]["digest"],
    }


def adapted_params(backbone: str) -> dict[str, Any]:
    """What a tracked training says of an adapted backbone: its digest, as the run has it that adapted it."""
    return {"backbone_digest": found["digest"]} if (found := described_backbone(backbone)) else {}


def for_similarity(backbone: str) -> str:
    """The backbone whose vectors tell what passages are about: the installed one in the place of what was made of it.

    Predicting masked words costs a sentence encoder the geometry of its vectors.
    """
    return INSTALLED if _read(Path(backbone)).get(MARK, {}).get("backbone") == INSTALLED else backbone


def _read(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
