"""What a bundle was taught from, as vectors: a passage far from all of them is about something that it does not know.

It lies in the bundle and holds no text.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from .errors import UserError, first_line
from .folders import whole_file

FILE = "reference.parquet"
NEIGHBOURS = 5
PROBE = "The ministry said on Monday that talks on the grain ships would go on."
"""A text whose vector tells whether an encoder is the one that made the others."""
SAME = 0.999


@dataclass(frozen=True)
class Reference:
    """A sample of the passages that a bundle learned from.

    Attributes:
        bundle: its digest.
        encoder: name of the pretrained backbone that made the vectors.
        vectors: ``(passages, dimensions)`` float32 of length 1.
        probe: ``(dimensions,)``, the vector of `PROBE`.
        usual: ``(101,)`` rising, quantiles of the distances of held-out passages, which it did not learn from.
    """

    bundle: str
    encoder: str
    vectors: np.ndarray
    probe: np.ndarray
    usual: np.ndarray

    def percentiles(self, vectors: np.ndarray) -> np.ndarray:
        """The share of held-out passages that are nearer to what the bundle learned, ``(passages,)`` in 0..1."""
        found = distances(vectors, self.vectors)
        return np.interp(found, self.usual, np.linspace(0, 1, len(self.usual)))

    def made_by(self, probe: np.ndarray) -> bool:
        """Whether the encoder that gives this vector of `PROBE` made the reference."""
        return probe.shape == self.probe.shape and float(probe @ self.probe) > SAME


def distances(vectors: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """1 - the mean cosine to the five nearest of the reference: ``(passages,)``.

    After Sun et al. 2022, "Out-of-distribution detection with deep nearest neighbors".

    Args:
        vectors: ``(passages, dimensions)``, and `reference` ``(others, dimensions)``, of length 1.
    """
    most = min(NEIGHBOURS, len(reference))
    found = np.empty(len(vectors), dtype=np.float32)
    for start in range(0, len(vectors), 4_096):
        alike = vectors[start : start + 4_096] @ reference.T
        found[start : start + 4_096] = 1 - np.partition(alike, -most, axis=1)[:, -most:].mean(axis=1)
    return found


def write_reference(folder: Path, reference: Reference) -> None:
    """Write `reference.parquet`: vectors in half precision, the rest as metadata."""
    half = reference.vectors.astype(np.float16)
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(half.ravel()), half.shape[1])
    metadata = {
        "narrashift.bundle": reference.bundle,
        "narrashift.encoder": reference.encoder,
        "narrashift.probe": json.dumps(reference.probe.astype(float).round(6).tolist()),
        "narrashift.usual": json.dumps(reference.usual.astype(float).round(6).tolist()),
    }
    with whole_file(folder / FILE) as temporary:
        table = pa.table({"vector": vectors}).replace_schema_metadata(metadata)
        pq.write_table(table, temporary, compression="zstd")


def read_reference(folder: Path, *, bundle: str) -> Reference:
    """The reference in a bundle.

    Args:
        bundle: digest of the bundle that it must be of.

    Raises:
        UserError: there is none, it is broken, or of another bundle.
    """
    path = folder / FILE
    if not path.exists():
        raise UserError(
            f"{path}: missing. Bundles trained before it was kept lack it, and TF-IDF bundles do. "
            "Train the bundle again with: narrashift train"
        )
    try:
        table = pq.read_table(path)
        said = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
        column = table["vector"].combine_chunks()
        flat = column.flatten().to_numpy(zero_copy_only=False).astype(np.float32)
        vectors = flat.reshape(len(column), -1)
        found = Reference(
            bundle=said["narrashift.bundle"],
            encoder=said["narrashift.encoder"],
            vectors=vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9),
            probe=np.array(json.loads(said["narrashift.probe"]), dtype=np.float32),
            usual=np.array(json.loads(said["narrashift.usual"]), dtype=np.float32),
        )
    except (pa.ArrowException, OSError, KeyError, ValueError, AttributeError) as error:
        reason = first_line(error)
        raise UserError(f"{path}: not what a training writes ({reason}). Train the bundle again") from None
    if found.bundle != bundle:
        raise UserError(f"{path}: of bundle {found.bundle}, but this is {bundle}. Train the bundle again")
    return found
