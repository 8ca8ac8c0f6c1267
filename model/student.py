"""A student: a small network over static embeddings that imitates a bundle's, at a hundredth of its arithmetic.

NumPy only; torch is not imported. It lies in the bundle's folder as `student/`, and belongs to that bundle alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

from .agreement import agreement, decisions_of, margins
from .bundle import Bundle
from .classifier import Logits, Tick
from .convolution import StaticConvolution
from .errors import UserError, first_line
from .folders import write_whole
from .tokens import count_tokens, encode, read_tokenizer

FOLDER, DESCRIPTION, WEIGHTS = "student", "student.json", "student.safetensors"
ANY = ""
"""Where points of any task stand among those of each."""
BLOCK = 4_096
"""Passages tokenised at once."""

Share = Annotated[float, Field(ge=0, le=1)]


class CascadePoint(BaseModel):
    """What follows where the student answers from this confidence on.

    `changed` bounds from above the share of *all* passages that it answers otherwise than the network (in any task, or
    in the one that is asked for), with 95 % certainty for passages like those it was calibrated on; `answered` is the
    share that it answered of them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    confidence: Share
    changed: Share
    answered: Share


class StudentDescription(BaseModel):
    """`student.json`: whose student it is, how far its answers can be trusted, what it was made from.

    Attributes:
        bundle: digest of the bundle that taught it.
        heads: task -> leaves, in the order of the columns.
        coefficients: of `agreement`, a row a decision.
        points: of any task, under its name of each alone; the most confident first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    bundle: str
    heads: dict[str, int]
    max_tokens: Annotated[int, Field(ge=1)]
    coefficients: tuple[tuple[float, float, float], ...]
    points: dict[str, tuple[CascadePoint, ...]]
    trained_on: int
    calibrated_on: int
    changed_alone: Share
    settings: dict[str, int | float | str]


class Student:
    """The `Classifier` in a bundle's `student/`.

    Args:
        bundle: whose decision turns the logits into labels.
        tokenizer: the bundle's, with truncation and padding off.
    """

    def __init__(
        self, description: StudentDescription, network: StaticConvolution, *, bundle: Bundle, tokenizer: Tokenizer
    ) -> None:
        self.description = description
        self.network = network
        self.bundle = bundle
        self.tokenizer = tokenizer
        self.max_tokens: int | None = description.max_tokens

    def count_tokens(self, texts: Sequence[str]) -> np.ndarray:
        return count_tokens(self.tokenizer, texts)

    def logits(self, texts: Sequence[str], *, tick: Tick | None = None) -> Logits:
        width = sum(self.description.heads.values())
        columns, truncated = np.empty((len(texts), width), dtype=np.float32), np.zeros(len(texts), dtype=bool)
        for start in range(0, len(texts), BLOCK):
            block = slice(start, start + BLOCK)
            ids, truncated[block] = encode(self.tokenizer, texts[block], max_tokens=self.description.max_tokens)
            columns[block] = self.network.logits(ids)
            if tick:
                tick(len(ids))
        return Logits(tasks=split_columns(columns, heads=self.description.heads), truncated=truncated)

    def confidences(self, logits: Mapping[str, np.ndarray], *, task: str | None = None) -> np.ndarray:
        """Probability that the network would decide every label (of a task) as these logits do: ``(passages,)``."""
        found = margins(logits, codebook=self.bundle.codebook, decision=self.bundle.decision)
        chosen = decisions_of(task, codebook=self.bundle.codebook)
        return agreement(found[:, chosen], np.array(self.description.coefficients)[chosen])

    def least_confidence(self, bound: float, *, task: str | None = None) -> float:
        """Confidence from which on the student may answer; infinity where none is enough for the bound."""
        points = self.description.points[task or ANY]
        return min((point.confidence for point in points if point.changed <= bound), default=float("inf"))


def split_columns(columns: np.ndarray, *, heads: Mapping[str, int]) -> dict[str, np.ndarray]:
    """Task -> its ``(passages, leaves)`` of all columns."""
    parts = np.split(columns, np.cumsum(list(heads.values()))[:-1], axis=1)
    return {task: np.ascontiguousarray(part) for task, part in zip(heads, parts, strict=True)}


def write_student(folder: Path, *, description: StudentDescription, tensors: Mapping[str, np.ndarray]) -> None:
    """Write `student.json` and `student.safetensors` into a folder that is there."""
    save_file({name: np.ascontiguousarray(values) for name, values in tensors.items()}, folder / WEIGHTS)
    write_whole(folder / DESCRIPTION, description.model_dump_json(indent=1) + "\n")


def read_student(bundle: Bundle) -> Student:
    """The student in a bundle's folder.

    Raises:
        UserError: there is none, it is broken, or it was taught by another bundle.
    """
    description, path = read_description(bundle), bundle.path / FOLDER / WEIGHTS
    try:
        network = StaticConvolution(load_file(path))
    except Exception as error:  # safetensors raises several kinds on a broken file
        raise UserError(f"{path}: cannot be loaded ({first_line(error)}). {_again(bundle)}") from None
    heads = {name: len(task.leaves) for name, task in bundle.codebook.tasks.items()}
    there = (description.heads, set(description.points), network.width, len(description.coefficients))
    if there != (heads, {ANY, *heads}, sum(heads.values()), len(decisions_of(None, codebook=bundle.codebook))):
        raise UserError(f"{path.parent}: does not fit the codebook ({', '.join(heads)}). {_again(bundle)}")
    return Student(description, network, bundle=bundle, tokenizer=read_tokenizer(bundle.path / "tokenizer.json"))


def read_description(bundle: Bundle) -> StudentDescription:
    """The `student.json` in a bundle's folder.

    Raises:
        UserError: the bundle has no student, a broken one, or that of another bundle.
    """
    folder = bundle.path / FOLDER
    if not all((folder / name).is_file() for name in (DESCRIPTION, WEIGHTS)):
        raise UserError(f"{bundle.path}: has no student. Make one with: narrashift distill {bundle.path} DUMP")
    path = folder / DESCRIPTION
    try:
        description = StudentDescription.model_validate(json.loads(path.read_text("utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        place = ", ".join([str(path), ".".join(map(str, first["loc"]))])
        raise UserError(f"{place}: {first['msg']}. {_again(bundle)}") from None
    except (OSError, ValueError, RecursionError) as error:
        reason = first_line(error)
        raise UserError(f"{path}: not a student's description ({reason}). {_again(bundle)}") from None
    if description.bundle != bundle.digest:
        raise UserError(
            f"{folder}: the student of another bundle ({description.bundle}; this one is {bundle.digest}). "
            f"{_again(bundle)}"
        )
    return description


def student_digest(bundle: Bundle) -> str:
    """SHA-256, 16 hex digits, over the student's files.

    Raises:
        UserError: as `read_description`.
    """
    read_description(bundle)
    total = hashlib.sha256()
    for name in (DESCRIPTION, WEIGHTS):
        with (bundle.path / FOLDER / name).open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()[:16]


def _again(bundle: Bundle) -> str:
    return f"Make this one's: narrashift distill {bundle.path} DUMP --overwrite"
