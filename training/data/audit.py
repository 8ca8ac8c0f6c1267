"""What would make figures on a split dishonest, and what else a reviewer would ask about labelled passages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from sklearn.metrics import roc_auc_score

from ...model.errors import UserError
from .corpus import SPLITS, Corpus
from .duplicates import Pair, near_duplicates
from .splits import Split

HONEST = 0.01
"""Share of the test passages that may have a near-duplicate, or their group, in another part."""
TELLS = 0.8
"""Area under the ROC curve from which the source alone tells a label."""
FOLDS = 5


@dataclass(frozen=True)
class Finding:
    """One thing found; `dishonest` where it makes test figures better than they are."""

    text: str
    dishonest: bool = False


def audit_split(split: Split) -> list[Finding]:
    """Near-duplicates and groups on two sides of a split, contradictory labels, and sources that tell a label."""
    parts = [getattr(split, name) for name in SPLITS]
    texts = [text for part in parts for text in part.texts]
    side = np.repeat(np.arange(len(SPLITS)), [len(part) for part in parts])
    pairs = near_duplicates(texts)
    findings = [*_across(pairs, side=side, parts=parts), *_torn_groups(parts, how=split.how)]
    return [*findings, *_contradictions(pairs, parts=parts), *audit_sources(split.train)]


def audit_corpus(corpus: Corpus) -> list[Finding]:
    """The same for passages that are not divided: near-duplicates, contradictions, sources."""
    pairs = near_duplicates(corpus.texts)
    exact = sum(pair.similarity == 1 for pair in pairs)
    found = []
    if pairs:
        example = _example(pairs[0], [corpus])
        found.append(
            Finding(f"{len(pairs):,} pairs of near-duplicates, {exact:,} of them in the same words (as {example})")
        )
    return [*found, *_contradictions(pairs, parts=[corpus]), *audit_sources(corpus)]


def refuse_dishonest(findings: Sequence[Finding], *, allowed: bool, consequence: str) -> None:
    """Raise a `UserError` for findings that make test figures dishonest, unless they are allowed."""
    wrong = [finding.text for finding in findings if finding.dishonest]
    if wrong and not allowed:
        way_out = "Divide anew (narrashift data split), or pass --allow-leaks and say so with the figures"
        raise UserError([*wrong[:-1], f"{wrong[-1]}. {way_out}"], consequence=consequence)


def _across(pairs: Sequence[Pair], *, side: np.ndarray, parts: list[Corpus]) -> Iterator[Finding]:
    for one, other in combinations(range(len(SPLITS)), 2):
        across = [pair for pair in pairs if {side[pair.first], side[pair.second]} == {one, other}]
        if across:
            later = {pair.first if side[pair.first] == other else pair.second for pair in across}
            share = len(later) / len(parts[other])
            yield Finding(
                f"{len(later):,} of {len(parts[other]):,} {SPLITS[other]} passages ({share:.1%}) nearly repeat a "
                f"{SPLITS[one]} passage (as {_example(across[0], parts)})",
                dishonest=SPLITS[other] == "test" and share > HONEST,
            )


def _torn_groups(parts: list[Corpus], *, how: str) -> Iterator[Finding]:
    groups = [{group for group in part.column("group") if group is not None} for part in parts]
    for one, other in combinations(range(len(SPLITS)), 2):
        torn = groups[one] & groups[other]
        if torn:
            touched = sum(group in torn for group in parts[other].column("group"))
            share = touched / len(parts[other])
            yield Finding(
                f"{len(torn):,} groups lie in {SPLITS[one]} and {SPLITS[other]} (as {sorted(torn)[0]!r}), "
                f"{share:.1%} of the {SPLITS[other]} passages",
                dishonest=SPLITS[other] == "test" and share > HONEST and how in ("column", "files"),
            )


def _contradictions(pairs: Sequence[Pair], *, parts: list[Corpus]) -> Iterator[Finding]:
    """Passages in the same words with different labels."""
    place = [(part, i) for part in parts for i in range(len(part))]
    differing = [pair for pair in pairs if pair.similarity == 1 and _differ(place[pair.first], place[pair.second])]
    if differing:
        example = _example(differing[0], parts)
        yield Finding(f"{len(differing):,} pairs of passages in the same words are labelled differently (as {example})")


def _differ(one: tuple[Corpus, int], other: tuple[Corpus, int]) -> bool:
    (mine, i), (its, j) = one, other
    both = [name for name in mine.targets if mine.labelled(name)[i] and its.labelled(name)[j]]
    return any(not np.array_equal(mine.targets[name][i], its.targets[name][j]) for name in both)


def _example(pair: Pair, parts: list[Corpus]) -> str:
    names = [
        part.column("id")[i] or f"{part.texts[i][:40]!r}" for part in parts for i in range(len(part))
    ]  # ids where there are any
    return f"{names[pair.first]} and {names[pair.second]}"


def audit_sources(corpus: Corpus) -> list[Finding]:
    """Labels that the source alone tells, out of fold: a model may learn to know the outlet instead of reading."""
    if "source" not in corpus.columns:
        return []
    sources = np.unique([value or "" for value in corpus.column("source")], return_inverse=True)[1]
    fold = np.random.default_rng(0).integers(0, FOLDS, len(corpus))
    found = []
    for name, task in corpus.codebook.tasks.items():
        known, values = corpus.labelled(name), corpus.targets[name]
        for i, leaf in enumerate(task.leaves):
            on = (values == i if task.kind == "single" else np.nan_to_num(values)[:, i] > 0).astype(float)
            if on[known].sum() >= 2 * FOLDS and (1 - on[known]).sum() >= 2 * FOLDS:
                area = roc_auc_score(on[known], _rates(on, sources, fold=fold, known=known)[known])
                if area >= TELLS:
                    found.append(
                        Finding(
                            f"the source alone tells {name} {leaf} (area under the ROC curve {area:.2f}): a model may "
                            "learn the outlet. Measure on unseen ones with --split source"
                        )
                    )
    return found


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
