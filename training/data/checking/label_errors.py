"""Labels that are likely wrong: confident learning on out-of-fold probabilities of the yardstick."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit, softmax
from sklearn.model_selection import GroupKFold

from ....model.tfidf import fit_tfidf
from ..corpus import Corpus
from ..drawing import units_of
from ..duplicates import Pair
from .finding import Finding, Spot
from .labels import on_of
from .material import Material

FOLDS = 5
FILTER, RANKING = "confident_learning", "self_confidence"
"""Of cleanlab's filters the one that lists least: rare labels made the others list a quarter of all passages."""
FEWEST = 5 * FOLDS
"""Passages with a label, and without, below which nothing is said about it."""


@dataclass(frozen=True)
class Suspect:
    """A label that is likely wrong.

    Attributes:
        index: of the passage.
        given: the label as it is; of a multi task `leaf`, or `not leaf`.
        confidence: out-of-fold probability of what was given, 0..1.
    """

    index: int
    task: str
    given: str
    suggested: str
    confidence: float


def check_label_errors(material: Material) -> Iterator[Finding]:
    """Suspects of every task, the least confident first."""
    found = suspects(material.corpus, pairs=material.pairs)
    for name in material.corpus.codebook.tasks:
        own = [suspect for suspect in found if suspect.task == name]
        if own:
            known = int(material.corpus.labelled(name).sum())
            yield Finding(
                f"task {name}: {len(own):,} labels of {known:,} passages are likely wrong, or hard to tell",
                "doubtful",
                "Read the first of them again, and correct none unread: a hard passage stands here like a wrong label",
                tuple(_spot(suspect, material) for suspect in own),
            )


def _spot(suspect: Suspect, material: Material) -> Spot:
    said = f"given {suspect.given} ({suspect.confidence:.0%} likely), suggested {suspect.suggested}"
    return material.spot(suspect.index, said)


def suspects(corpus: Corpus, *, pairs: list[Pair]) -> list[Suspect]:
    """Labels that a model, which has not seen the passage's group, finds too unlikely for the label.

    Northcutt et al. 2021, "Confident Learning" (through cleanlab); a multi task label by label.
    Probabilities are those of TF-IDF and logistic regression, fitted on the other four folds of five, whose
    passages share no group and are no near-duplicates.

    Returns:
        Task by task, the least confident first.
    """
    from cleanlab.filter import find_label_issues

    units = units_of(corpus, pairs=pairs)
    if len(np.unique(units)) < FOLDS:
        return []
    probabilities = _out_of_fold(corpus, units=units)
    found: list[Suspect] = []
    for name, task in corpus.codebook.tasks.items():
        known = np.flatnonzero(corpus.labelled(name))
        values, probs = corpus.targets[name][known], probabilities[name][known]
        own: list[Suspect] = []
        for names, labels, likely in _questions(task.leaves, values, probs):
            counts = np.bincount(labels, minlength=len(names))
            asked = np.flatnonzero(counts >= FEWEST)  # a label of a few passages has no profile to compare with
            inside = np.flatnonzero(np.isin(labels, asked))
            if len(asked) < 2:
                continue
            few, truth = likely[np.ix_(inside, asked)], np.searchsorted(asked, labels[inside])
            few = few / few.sum(axis=1, keepdims=True)
            for i in find_label_issues(truth, few, filter_by=FILTER, return_indices_ranked_by=RANKING, n_jobs=1):
                given, suggested = (names[asked[k]] for k in (truth[i], few[i].argmax()))
                if given != suggested:
                    own.append(Suspect(int(known[inside[i]]), name, given, suggested, float(few[i, truth[i]])))
        found += sorted(own, key=lambda suspect: suspect.confidence)
    return found


def _questions(
    leaves: tuple[str, ...], values: np.ndarray, probs: np.ndarray
) -> Iterator[tuple[list[str], np.ndarray, np.ndarray]]:
    """(names, labels, ``(passages, names)`` probabilities): one for a single task, one for each leaf of a multi one."""
    if values.ndim == 1:
        yield list(leaves), values.astype(int), probs
        return
    for i, leaf in enumerate(leaves):
        yield [f"not {leaf}", leaf], values[:, i].astype(int), np.stack([1 - probs[:, i], probs[:, i]], axis=1)


def _shares(corpus: Corpus, task: str) -> np.ndarray:
    """Share of the labelled passages with each label, a little inside 0 and 1: ``(leaves,)``.

    The yardstick learns as if labels were equally frequent; its logits want these back (Saerens et al. 2002,
    "Adjusting the Outputs of a Classifier to New a Priori Probabilities").
    """
    known = corpus.labelled(task)
    return (on_of(corpus, task)[known].sum(axis=0) + 0.5) / (known.sum() + 1)


def _out_of_fold(corpus: Corpus, *, units: np.ndarray) -> dict[str, np.ndarray]:
    """Task -> ``(passages, leaves)`` probabilities, of each passage by a model that has not seen its unit."""
    tasks = corpus.codebook.tasks
    found = {name: np.zeros((len(corpus), len(task.leaves))) for name, task in tasks.items()}
    folds = GroupKFold(FOLDS, shuffle=True, random_state=0)
    for seen, unseen in folds.split(units, groups=units):
        train = corpus.select(seen)
        fitted = fit_tfidf(train.texts, targets=train.targets, codebook=corpus.codebook)
        logits = fitted.logits([corpus.texts[i] for i in unseen]).tasks
        for name, task in tasks.items():
            own, shares = logits[name].astype(np.float64), _shares(train, name)
            single = task.kind == "single"
            found[name][unseen] = softmax(own + np.log(shares), axis=1) if single else expit(own + logit(shares))
    return found
