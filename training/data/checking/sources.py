"""How well the source alone tells each label: a model may learn to know the outlet instead of reading."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sklearn.metrics import roc_auc_score

from ..corpus import Corpus
from .duplicates import HONEST
from .finding import Finding, Table
from .material import Material

TELLS = 0.8
"""Area under the ROC curve from which the source alone tells a label."""
SETTLES = 0.95
"""Area from which it all but settles it: a figure on passages of known sources then measures knowing the outlet."""
FOLDS = 5


def check_sources(material: Material) -> Iterator[Finding | Table]:
    """Labels that the source alone tells, out of fold, and passages without a source."""
    corpus = material.corpus
    if "source" not in corpus.columns:
        yield Finding(
            "no column source: whether an outlet alone tells a label cannot be said, nor test be on unseen ones",
            way_out="Name it with --column source=NAME",
        )
        return
    missing = [i for i, value in enumerate(corpus.column("source")) if value is None]
    if missing:
        yield Finding(
            f"{len(missing):,} of {len(corpus):,} passages have no source",
            "doubtful",
            "Fill it in: --split source refuses them",
            material.spots(missing),
        )
    yield from told_by_source(material)


def told_by_source(material: Material) -> Iterator[Finding | Table]:
    """The area under the ROC curve of every label by its source; a finding for each that is told by it."""
    if "source" not in material.corpus.columns:
        return
    train = material.corpus.select(np.flatnonzero(material.part("train")))
    areas = source_areas(train)
    yield Table(
        "how well the source alone tells each label",
        ("task", "label", "area under the ROC curve"),
        tuple((task, leaf, area) for (task, leaf), area in areas.items()),
        f"of {len(set(train.column('source'))):,} sources, out of fold, on what there is to learn from; "
        "0.5 tells nothing, 1 everything",
    )
    shared = _shared(material)
    for (task, leaf), area in areas.items():
        if area >= TELLS:
            settled = area >= SETTLES and shared > HONEST
            known = f"; {shared:.0%} of the test passages are of sources known from train" if settled else ""
            yield Finding(
                f"the source alone tells {task} {leaf} (area under the ROC curve {area:.2f}): a model may "
                f"learn the outlet{known}. Measure on unseen ones with --split source",
                "dishonest" if settled else "doubtful",
            )


def _shared(material: Material) -> float:
    """Share of the test passages whose source is in train, too; 0 where nothing is divided."""
    if not material.divided or not material.part("test").any():
        return 0.0
    column = np.array(material.corpus.column("source"), dtype=object)
    known = set(column[material.part("train")]) - {None}
    return float(np.mean([value in known for value in column[material.part("test")]]))


def source_areas(corpus: Corpus) -> dict[tuple[str, str], float]:
    """(task, label) -> area under the ROC curve of the label's share in the other folds' passages of the source.

    Labels with fewer than ten passages with or without them are left out.
    """
    sources = np.unique([value or "" for value in corpus.column("source")], return_inverse=True)[1]
    fold = np.random.default_rng(0).integers(0, FOLDS, len(corpus))
    areas = {}
    for name, task in corpus.codebook.tasks.items():
        known, values = corpus.labelled(name), corpus.targets[name]
        for i, leaf in enumerate(task.leaves):
            on = (values == i if task.kind == "single" else np.nan_to_num(values)[:, i] > 0).astype(float)
            if on[known].sum() >= 2 * FOLDS and (1 - on[known]).sum() >= 2 * FOLDS:
                rates = _rates(on, sources, fold=fold, known=known)
                areas[name, leaf] = float(roc_auc_score(on[known], rates[known]))
    return areas


def _rates(on: np.ndarray, sources: np.ndarray, *, fold: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Share of the label among the other folds' passages of the same source, drawn towards the overall share."""
    rates = np.zeros(len(on))
    for k in range(FOLDS):
        inside = known & (fold != k)
        prior = on[inside].mean() if inside.any() else 0.5
        counts = np.bincount(sources[inside], minlength=sources.max() + 1)
        hits = np.bincount(sources[inside], weights=on[inside], minlength=sources.max() + 1)
        rates[fold == k] = ((hits + prior) / (counts + 1))[sources[fold == k]]
    return rates
