"""Ask a bundle about passages whose labels are known, and keep its answers beside the truth."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np

from ...model.bundle import Bundle, open_bundle
from ...model.held_out import HeldOut, write_held_out
from ..data.corpus import Corpus
from .evaluation import predict

Part = Literal["test", "validation", "labelled"]


def make_held_out(bundle: Path | str | Bundle, corpus: Corpus, *, part: Part = "labelled") -> HeldOut:
    """What a bundle says of labelled passages, beside their labels.

    Args:
        corpus: passages that the bundle did not learn from; they count by their weights.
        part: where they are from.

    Raises:
        UserError: no bundle, or the corpus was read with another codebook than the bundle's.
    """
    opened = bundle if isinstance(bundle, Bundle) else open_bundle(bundle)
    return held_out_answers(predict(opened, corpus).probabilities, corpus=corpus, bundle=opened, part=part)


def held_out_answers(probabilities: Mapping[str, np.ndarray], *, corpus: Corpus, bundle: Bundle, part: Part) -> HeldOut:
    """The answers in hand, task -> ``(passages, leaves)``, beside the passages' labels."""
    groups = [group if group is not None else f"\0{i}" for i, group in enumerate(corpus.column("group"))]
    return HeldOut(
        bundle=bundle.digest,
        codebook=bundle.codebook,
        decision=bundle.decision,
        probabilities={name: probabilities[name].astype(np.float32) for name in bundle.codebook.tasks},
        targets={name: corpus.targets[name] for name in bundle.codebook.tasks},
        weights=corpus.weights,
        groups=np.unique(groups, return_inverse=True)[1],
        parts=np.full(len(corpus), part, dtype="<U10"),
    )


def keep_held_out(
    folder: Path,
    *,
    test: tuple[Mapping[str, np.ndarray], Corpus],
    validation: tuple[Mapping[str, np.ndarray], Corpus],
) -> None:
    """Write `held_out.parquet` into the bundle that was just made in this folder.

    Of test passages; of a task that no test passage is labelled for, of validation passages instead, although its
    decision was fitted on them.

    Args:
        test, validation: the bundle's probabilities, and the passages that they are of.
    """
    bundle = open_bundle(folder)
    kept = held_out_answers(test[0], corpus=test[1], bundle=bundle, part="test")
    absent = [name for name in bundle.codebook.tasks if not kept.labelled(name).any()]
    if absent:
        more = held_out_answers(validation[0], corpus=validation[1], bundle=bundle, part="validation")
        kept = kept.joined(dataclasses.replace(more, targets=_only(more.targets, absent)))
    write_held_out(folder, kept)


def _only(targets: Mapping[str, np.ndarray], tasks: list[str]) -> dict[str, np.ndarray]:
    """The other tasks as unlabelled."""
    return {
        name: values if name in tasks else np.full_like(values, -1 if values.ndim == 1 else np.nan)
        for name, values in targets.items()
    }
