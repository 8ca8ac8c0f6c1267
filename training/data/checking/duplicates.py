"""Passages that repeat others: how many, with which labels, and across the parts of a split."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from ..corpus import SPLITS
from ..duplicates import Pair
from .finding import Finding, Spot
from .material import Material

HONEST = 0.01
"""Share of the test passages that may have a near-duplicate, or their group, in another part."""


def check_duplicates(material: Material) -> Iterator[Finding]:
    """Repeats, those that are labelled differently, and those on two sides of the split."""
    yield from check_across(material)
    yield from check_contradictions(material)
    several = [pair for pair in material.pairs if not _compared(material, pair)]
    pairs = [pair for pair in material.pairs if _compared(material, pair)]
    if several:
        yield Finding(
            f"{len({i for pair in several for i in (pair.first, pair.second)}):,} passages are there more than once, "
            "labelled by different annotators",
            "doubtful",
            "Compare the annotators, and train on a consensus: narrashift data agreement",
        )
    exact = [pair for pair in pairs if pair.similarity == 1]
    if pairs:
        yield Finding(
            f"{len(pairs):,} pairs of near-duplicates, {len(exact):,} of them in the same words "
            f"(as {_example(pairs[0], material)})",
            "doubtful" if exact else "note",
            "A repeat counts twice in training and in every figure: keep one of each"
            if exact
            else "narrashift data split never separates them",
            _spots(exact or pairs, material),
        )


def check_across(material: Material) -> Iterator[Finding]:
    """Test or validation passages that nearly repeat one of an earlier part."""
    if not material.divided:
        return
    side = material.side
    for one, other in combinations(range(len(SPLITS)), 2):
        across = [pair for pair in material.pairs if {side[pair.first], side[pair.second]} == {one, other}]
        if across:
            later = {pair.first if side[pair.first] == other else pair.second for pair in across}
            count = int((side == other).sum())
            share = len(later) / count
            yield Finding(
                f"{len(later):,} of {count:,} {SPLITS[other]} passages ({share:.1%}) nearly repeat a "
                f"{SPLITS[one]} passage (as {_example(across[0], material)})",
                "dishonest" if SPLITS[other] == "test" and share > HONEST else "doubtful",
                "Divide anew with narrashift data split, which never separates them",
                _spots(across, material),
            )


def check_contradictions(material: Material) -> Iterator[Finding]:
    """Passages in the same, or nearly the same, words with different labels, where one annotator gave both."""
    differing = [pair for pair in material.pairs if _compared(material, pair) and _differ(material, pair)]
    exact = [pair for pair in differing if pair.similarity == 1]
    if exact:
        yield Finding(
            f"{len(exact):,} pairs of passages in the same words are labelled differently "
            f"(as {_example(exact[0], material)})",
            "wrong",
            "Decide on one label, and keep one of the two",
            _spots(exact, material, labels=True),
        )
    if len(differing) > len(exact):
        near = [pair for pair in differing if pair.similarity < 1]
        yield Finding(
            f"{len(near):,} pairs of near-duplicates are labelled differently (as {_example(near[0], material)})",
            "note",
            "Read them side by side: a few words may turn a label, or a label may be wrong",
            _spots(near, material, labels=True),
        )


def _compared(material: Material, pair: Pair) -> bool:
    """Whether a pair is to have one label: two annotators of a passage may differ."""
    annotators = material.corpus.column("annotator")
    return annotators[pair.first] == annotators[pair.second]


def _differ(material: Material, pair: Pair) -> list[str]:
    """Tasks in which both are labelled, and not alike."""
    corpus = material.corpus
    return [
        name
        for name, values in corpus.targets.items()
        if _known(values[pair.first])
        and _known(values[pair.second])
        and not np.array_equal(values[pair.first], values[pair.second])
    ]


def _known(value: np.ndarray) -> bool:
    """Whether one passage's target is labelled."""
    return bool(value >= 0) if value.ndim == 0 else not np.isnan(value).any()


def _example(pair: Pair, material: Material) -> str:
    return f"{material.name(pair.first)} and {material.name(pair.second)}"


def _spots(pairs: Sequence[Pair], material: Material, *, labels: bool = False) -> tuple[Spot, ...]:
    """The second of each pair, and beside it the first."""
    found = []
    for pair in pairs:
        said = f"{pair.similarity:.0%} of the words' runs are those of {material.places[pair.first]}"
        if labels:
            told = [
                f"{name} {label_of(material, pair.first, name)} there, {label_of(material, pair.second, name)} here"
                for name in _differ(material, pair)
            ]
            said = f"{said}: {'; '.join(told)}"
        found.append(material.spot(pair.second, said))
    return tuple(found)


def label_of(material: Material, index: int, task: str) -> str:
    """A passage's label, or labels joined by `|`, `(none)` or `(not labelled)`."""
    leaves, value = material.corpus.codebook.tasks[task].leaves, material.corpus.targets[task][index]
    if not _known(value):
        return "(not labelled)"
    on = [leaves[int(value)]] if value.ndim == 0 else [leaf for leaf, yes in zip(leaves, value, strict=True) if yes]
    return "|".join(on) or "(none)"
