"""What `narrashift export` wrote into a bundle: ONNX files, and how far each decides as the network does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .bundle import Bundle
from .errors import UserError, first_line

FOLDER, RECORD = "onnx", "export.json"
OnnxEngine = Literal["onnx", "onnx-int8"]
MOST_CHANGED, MOST_MOVED = 0.01, 0.003


class ExportedFile(BaseModel):
    """One ONNX file, measured against the network on held-out passages.

    Attributes:
        file: its name, in the same folder.
        sha256: of the file.
        changed: task -> share of the passages whose decided labels differ.
        moved: task -> difference of macro-F1, the file's minus the network's.
        margins: task -> how near a border logits must be for the fp32 file to decide instead; empty for that one.
        settled: share of the passages that it decided.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    file: Annotated[str, Field(pattern=r"^[\w.-]+$")]
    sha256: str
    changed: Annotated[dict[str, float], Field(min_length=1)]
    moved: dict[str, float]
    margins: dict[str, float] = {}
    settled: float = 0.0

    @property
    def faithful(self) -> bool:
        """Whether it decides as the network does, by the passages that it was measured on."""
        return decides_alike(self.changed, self.moved)


class Exported(BaseModel):
    """The content of `onnx/export.json`.

    Attributes:
        bundle: digest of the bundle that was exported.
        heads: task -> number of leaves, in the order of the files' output columns.
        passages: held-out passages that the files were measured on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    bundle: str
    heads: dict[str, int]
    passages: int
    engines: dict[OnnxEngine, ExportedFile]


def decides_alike(changed: Mapping[str, float], moved: Mapping[str, float]) -> bool:
    """Whether in no task more than 1 % of the passages change, nor macro-F1 by more than 0.003."""
    most = max(map(abs, moved.values()), default=0.0)
    return max(changed.values()) <= MOST_CHANGED and most <= MOST_MOVED


def read_exported(bundle: Bundle) -> Exported | None:
    """What a bundle has in `onnx/`; None where it was never exported.

    Raises:
        UserError: the record is broken, or of another state of the bundle.
    """
    path = bundle.path / FOLDER / RECORD
    if not path.exists():
        return None
    again = f"Export it again: narrashift export {bundle.path} --overwrite"
    try:
        exported = Exported.model_validate(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, RecursionError, ValidationError) as error:
        raise UserError(f"{path}: not what an export writes: {first_line(error)}. {again}") from None
    if exported.bundle != bundle.digest:
        raise UserError(f"{path}: of bundle {exported.bundle}, but this is {bundle.digest}. {again}")
    return exported


def exported_for(bundle: Bundle, engine: OnnxEngine) -> Exported:
    """The record of a bundle that has been exported for this engine.

    Raises:
        UserError: it was not, or the file is missing.
    """
    exported = read_exported(bundle)
    if exported is None or engine not in exported.engines:
        raise UserError(f"{bundle.path}: not exported for {engine}. Do so with: narrashift export {bundle.path}")
    path = bundle.path / FOLDER / exported.engines[engine].file
    if not path.is_file():
        raise UserError(f"{path}: missing. Export it again: narrashift export {bundle.path} --overwrite")
    return exported


def faithful_engine(bundle: Bundle) -> OnnxEngine | None:
    """The fastest exported engine that decides as the network does; None where nothing was exported.

    Raises:
        UserError: the record is broken, or a file is missing.
    """
    if read_exported(bundle) is None:
        return None
    return "onnx-int8" if exported_for(bundle, "onnx-int8").engines["onnx-int8"].faithful else "onnx"


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
