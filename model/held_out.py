"""What a bundle answers on passages whose labels are known and that it did not learn from.

Shares counted over a dump are corrected by it (`serving/shifts`): so it lies in the bundle, and `score` copies it
beside the scores. It holds no text.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from .bundle import Bundle
from .codebook import Codebook, parse_codebook
from .decision import Decision, names
from .errors import UserError, first_line
from .folders import whole_file, write_whole

FILE = "held_out.parquet"


@dataclass(frozen=True)
class HeldOut:
    """A bundle's answers beside the truth, a row a passage.

    Attributes:
        bundle: digest of the bundle that answered.
        probabilities: task -> ``(passages, leaves)`` float32 in 0..1, calibrated.
        targets: task -> ``(passages,)`` int, index of the true leaf, -1 where unlabelled (single tasks);
            ``(passages, leaves)`` float 0/1, a row of NaN where unlabelled (multi tasks).
        weights: ``(passages,)``, how much each counts.
        groups: ``(passages,)`` int; passages of one number vary together, and are resampled together.
        parts: ``(passages,)`` str, where each is from: `test`, `validation`, `labelled`.
    """

    bundle: str
    codebook: Codebook
    decision: Decision
    probabilities: dict[str, np.ndarray]
    targets: dict[str, np.ndarray]
    weights: np.ndarray
    groups: np.ndarray
    parts: np.ndarray

    def __len__(self) -> int:
        return len(self.weights)

    def labelled(self, task: str) -> np.ndarray:
        """Which passages have this task's label: ``(passages,)`` bool."""
        values = self.targets[task]
        return values >= 0 if values.ndim == 1 else ~np.isnan(values).any(axis=1)

    def truth(self, task: str) -> np.ndarray:
        """True leaves ``(passages, leaves)`` bool; rows of unlabelled passages are all False."""
        values = self.targets[task]
        return values[:, None] == np.arange(len(self.codebook.tasks[task].leaves)) if values.ndim == 1 else values > 0

    def joined(self, other: HeldOut) -> HeldOut:
        """These passages and those, whose groups stay apart.

        Raises:
            ValueError: answers of another bundle.
        """
        if other.bundle != self.bundle:
            raise ValueError(f"answers of bundle {other.bundle} do not go with those of {self.bundle}")
        return HeldOut(
            bundle=self.bundle,
            codebook=self.codebook,
            decision=self.decision,
            probabilities={t: np.concatenate([v, other.probabilities[t]]) for t, v in self.probabilities.items()},
            targets={t: np.concatenate([v, other.targets[t]]) for t, v in self.targets.items()},
            weights=np.concatenate([self.weights, other.weights]),
            groups=np.concatenate([self.groups, other.groups + self.groups.max(initial=-1) + 1]),
            parts=np.concatenate([self.parts, other.parts]),
        )


def write_held_out(folder: Path, held_out: HeldOut) -> None:
    """Write `held_out.parquet`: columns as in a score table, the labels being the true ones (null: unlabelled)."""
    codebook = held_out.codebook
    columns: dict[str, Any] = {}
    for name, task in codebook.tasks.items():
        for i, leaf in enumerate(task.leaves):
            columns[f"{name}.{leaf}"] = pa.array(held_out.probabilities[name][:, i], type=pa.float32())
    for name, task in codebook.tasks.items():
        kind = pa.string() if task.kind == "single" else pa.list_(pa.string())
        true = names(held_out.truth(name), task=task, without=~held_out.labelled(name))
        columns[name] = pa.array(true, type=kind)
    columns["weight"] = pa.array(held_out.weights, type=pa.float32())
    columns["group"] = pa.array(held_out.groups, type=pa.int32())
    columns["part"] = pa.array(held_out.parts.tolist(), type=pa.string()).dictionary_encode()
    metadata = {
        "narrashift.bundle": held_out.bundle,
        "narrashift.codebook": codebook.to_toml(),
        "narrashift.decision": held_out.decision.model_dump_json(),
    }
    table = pa.table(columns).replace_schema_metadata(metadata)
    with whole_file(folder / FILE) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def read_held_out(folder: Path, *, bundle: str) -> HeldOut | None:
    """The answers in a bundle or a score folder; None where there are none (a bundle made before they were kept).

    Args:
        bundle: digest of the bundle that they must be of.

    Raises:
        UserError: the file is broken, or of another bundle.
    """
    path = folder / FILE
    if not path.exists():
        return None
    try:
        table = pq.read_table(path)
        found = _held_out(table, place=str(path))
    except (pa.ArrowException, OSError, KeyError, ValueError, ValidationError, UserError) as error:
        reason = first_line(error)
        raise UserError(
            f"{path}: not what a training writes ({reason}). Delete it, or train the bundle again"
        ) from None
    if found.bundle != bundle:
        raise UserError(
            f"{path}: of bundle {found.bundle}, but this is {bundle}. Delete it; shares are then not corrected"
        )
    return found


def copy_held_out(bundle: Bundle, folder: Path) -> None:
    """Put a bundle's answers, where it has any, beside the scores that it gave: shares then need no bundle.

    Raises:
        UserError: as `read_held_out`.
    """
    if read_held_out(bundle.path, bundle=bundle.digest) is None:
        return
    content, copy = (bundle.path / FILE).read_bytes(), folder / FILE
    if not copy.exists() or copy.read_bytes() != content:
        write_whole(copy, content)


def _held_out(table: pa.Table, *, place: str) -> HeldOut:
    metadata = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
    codebook = parse_codebook(metadata["narrashift.codebook"], place=place)
    probabilities, targets = {}, {}
    for name, task in codebook.tasks.items():
        leaves = [table[f"{name}.{leaf}"].to_numpy() for leaf in task.leaves]
        probabilities[name] = np.stack(leaves, axis=1).astype(np.float32, copy=False)
        index = {leaf: i for i, leaf in enumerate(task.leaves)}
        if task.kind == "single":
            true = [-1 if label is None else index[label] for label in table[name].to_pylist()]
            targets[name] = np.array(true, dtype=np.int64)
            continue
        targets[name] = np.full((len(table), len(leaves)), np.nan)
        for row, labels in enumerate(table[name].to_pylist()):
            if labels is not None:
                targets[name][row] = [leaf in labels for leaf in task.leaves]
    return HeldOut(
        bundle=metadata["narrashift.bundle"],
        codebook=codebook,
        decision=Decision.model_validate(json.loads(metadata["narrashift.decision"])),
        probabilities=probabilities,
        targets=targets,
        weights=table["weight"].to_numpy().astype(np.float64),
        groups=table["group"].to_numpy().astype(np.int64),
        parts=np.array(table["part"].to_pylist(), dtype=str),
    )
