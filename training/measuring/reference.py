"""Keep in a bundle what passages it learned from, as vectors of its pretrained backbone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...model.bundle import open_bundle
from ...model.pretrained import PretrainedEncoder
from ...model.reference import PROBE, Reference, distances, write_reference
from ..provenance import public_name

LEARNED, HELD_OUT = 500, 300
"""Passages of each kind that are drawn. 2,000 tell unknown from known no better than 500 do."""


def keep_reference(folder: Path, *, backbone: str, learned: Sequence[str], held_out: Sequence[str], seed: int) -> None:
    """Write `reference.parquet` into the bundle in this folder.

    Args:
        backbone: as the training named it.
        learned, held_out: texts that the bundle learned from, and such that it did not.

    Raises:
        UserError: the backbone cannot be loaded.
    """
    rng = np.random.default_rng(seed)
    known, others = _drawn(learned, LEARNED, rng), _drawn(held_out, HELD_OUT, rng)
    vectors = PretrainedEncoder(backbone).vectors([PROBE, *known, *others])
    taught, held = vectors[1 : len(known) + 1], vectors[len(known) + 1 :]
    usual = np.quantile(distances(held, taught), np.linspace(0, 1, 101))
    write_reference(
        folder,
        Reference(
            bundle=open_bundle(folder).digest,
            encoder=public_name(backbone),
            vectors=taught,
            probe=vectors[0],
            usual=usual.astype(np.float32),
        ),
    )


def _drawn(texts: Sequence[str], most: int, rng: np.random.Generator) -> list[str]:
    chosen = rng.choice(len(texts), size=min(most, len(texts)), replace=False)
    return [texts[i] for i in sorted(chosen)]
