"""Few labels: the encoder stays as it was pretrained, and regressions learn from it and from words counted."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from scipy.sparse import csr_matrix, hstack
from tokenizers import Tokenizer

from ...model.lexical import LexicalHead
from ...model.network import PassageClassifier
from ...model.tfidf import fit_head
from ..data.corpus import Corpus
from ..data.drawing import units_of
from ..data.duplicates import near_duplicates
from ..measuring.calibration import fit_decision
from ..measuring.evaluation import measure, predictions
from ..settings import TrainSettings
from .features import STRENGTH, Scale, pooled
from .lexical import count_words, learn_known, share_of_words
from .taught import Said, bundle_of

TO_TUNE, LABELS = 500, 3
"""Train passages a label of the task that has most labels, and labels to reckon with at least, from which on the
encoder is fine-tuned: with fewer, it forgets more than it learns."""
FOLDS = 5
WORDS = 3.0
"""How much more freely words are fitted when they are alone: their features are many, and each says little."""
LAYERS = 3
"""That heads see where nothing else adapts to the labels. An encoder that learns brings all they need to its top."""


@dataclass(frozen=True)
class FewLearnt:
    """What was learnt from few labels.

    Attributes:
        corpus: train and validation passages, all of which the network has learnt from.
        logits: task -> ``(passages of the corpus, leaves)``, of regressions that did not see the passage.
        history: one entry, as of an epoch of fine-tuning.
    """

    network: PassageClassifier
    corpus: Corpus
    logits: dict[str, np.ndarray]
    history: list[dict[str, float]]
    seconds: float


def are_few(train: Corpus, *, settings: TrainSettings) -> bool:
    """Whether the encoder stays as it is: as the settings say, else by the train passages a label.

    Soft labels are only for fine-tuning, whose loss takes probabilities.
    """
    labels = max(LABELS, *(len(task.leaves) for task in train.codebook.tasks.values()))
    return settings.tune == "never" or (settings.tune == "auto" and len(train) < TO_TUNE * labels and not train.soft)


def with_pooling(settings: TrainSettings, *, train: Corpus) -> TrainSettings:
    """The settings with a number of layers and a pooling: named ones as they are, else by whether the encoder learns.

    One that stays as a bundle left it is pooled as the bundle's heads know it.

    Raises:
        UserError: as `bundle_of`.
    """
    by_itself = {"layers": 1, "pooling": "mean_max"}
    if are_few(train, settings=settings):
        bundle = bundle_of(settings.backbone)
        by_itself = {"layers": LAYERS, "pooling": bundle.network().config.pooling if bundle else "mean"}
    return settings.model_copy(
        update={name: value for name, value in by_itself.items() if getattr(settings, name) == "auto"}
    )


def learn_few(
    network: PassageClassifier, tokenizer: Tokenizer, *, train: Corpus, validation: Corpus, settings: TrainSettings
) -> FewLearnt:
    """Fit heads and lexical head together on all passages, validation's too, and answer each by cross-fitting.

    Nothing is held out to stop early, so every label counts; the decision layer is fitted on answers to passages
    that were left out in turn, whole groups and near-duplicates together.
    """
    began = time.monotonic()
    corpus = joined(train, validation)
    features = pooled(network, tokenizer, corpus.texts, bf16=False)
    scale, width = Scale.of(features, blocks=len(network.pooled)), features.shape[1]
    scaled, words, head = csr_matrix(scale(features)), None, None
    if settings.lexical:
        rows = network.encoder.get_input_embeddings().num_embeddings
        head = LexicalHead(buckets=settings.lexical, heads=network.config.heads, vocabulary=rows)
        learn_known(network, head, tokenizer, train.texts, validation.texts)
        words, idf, _ = count_words(network, head, tokenizer, corpus.texts, idf=None)
    fold = _folds(corpus, seed=settings.seed)
    columns, logits = [], {}
    for name in head.heads if head is not None else network.config.heads:
        said = Said.by(network.head(name), features) if name in network.taught else None
        blocks = [scaled, said and csr_matrix(said.columns), words]
        matrix = hstack([block for block in blocks if block is not None], format="csr")
        fitted = _cross_fitted(matrix, corpus, name, fold=fold)
        if words is not None:
            fitted = _with_words(fitted, _cross_fitted(words, corpus, name, fold=fold, times=WORDS), corpus, name)
            columns.append(fitted.weights[:, -words.shape[1] :].T)
        scale.put(network.head(name), weights=fitted.weights[:, :width], bias=fitted.bias)
        if said is not None:
            said.add_to(network.head(name), weights=fitted.weights[:, width : width + len(said.bias)])
        logits[name] = fitted.logits
    if head is not None:
        head.table.copy_(torch.from_numpy(np.concatenate([idf[:, None], *columns], axis=1)))
        network.add_lexical(head)
    return FewLearnt(network, corpus, logits, [_measured(logits, corpus)], time.monotonic() - began)


def joined(one: Corpus, other: Corpus) -> Corpus:
    """Passages of both, with the columns that both have."""
    return Corpus(
        codebook=one.codebook,
        texts=[*one.texts, *other.texts],
        targets={name: np.concatenate([values, other.targets[name]]) for name, values in one.targets.items()},
        columns={
            name: [*values, *other.columns[name]] for name, values in one.columns.items() if name in other.columns
        },
    )


@dataclass(frozen=True)
class _Fitted:
    """A regression on all passages, and what those that left a passage out in turn say of it.

    Attributes:
        weights: ``(leaves, columns of the matrix)``.
        bias: ``(leaves,)``.
        logits: ``(passages, leaves)``, cross-fitted.
    """

    weights: np.ndarray
    bias: np.ndarray
    logits: np.ndarray


def _cross_fitted(matrix: csr_matrix, corpus: Corpus, name: str, *, fold: np.ndarray, times: float = 1.0) -> _Fitted:
    """Fit a task on the columns of a matrix, `times` as freely as usual."""
    weights, bias = _fit(matrix, corpus, name, among=fold >= 0, times=times)
    logits = np.empty((len(corpus), len(bias)), dtype=np.float32)
    for number in range(FOLDS):
        other, base = _fit(matrix, corpus, name, among=fold != number, times=times)
        logits[fold == number] = matrix[fold == number] @ other.T + base
    return _Fitted(weights, bias, logits)


def _with_words(both: _Fitted, words: _Fitted, corpus: Corpus, name: str) -> _Fitted:
    """Both sum up to one regression: where words are many, the joint one hears them too little."""
    share = share_of_words(both.logits, words.logits, corpus, task=name)
    weights = both.weights.copy()
    weights[:, -words.weights.shape[1] :] += share * words.weights
    return _Fitted(weights, both.bias + share * words.bias, both.logits + share * words.logits)


def _fit(
    matrix: csr_matrix, corpus: Corpus, name: str, *, among: np.ndarray, times: float
) -> tuple[np.ndarray, np.ndarray]:
    task, known = corpus.codebook.tasks[name], corpus.labelled(name) & among
    return fit_head(
        matrix[known], corpus.targets[name][known], leaves=len(task.leaves), single=task.kind == "single",
        strength=times * STRENGTH[task.kind], balanced=False,
    )  # fmt: skip


def _folds(corpus: Corpus, *, seed: int) -> np.ndarray:
    """A fold for each passage: groups and near-duplicates in one, labels of the first task spread evenly."""
    units = units_of(corpus, pairs=near_duplicates(corpus.texts))
    values = next(iter(corpus.targets.values()))
    label = values if values.ndim == 1 else np.nan_to_num(values) @ np.arange(1, values.shape[1] + 1)
    drawn = np.random.default_rng(seed).random(len(corpus))
    _, first = np.unique(units, return_index=True)
    order = first[np.lexsort((drawn[first], label[first]))]
    of_unit = {int(units[i]): rank % FOLDS for rank, i in enumerate(order)}
    return np.array([of_unit[int(unit)] for unit in units])


def _measured(logits: Mapping[str, np.ndarray], corpus: Corpus) -> dict[str, float]:
    """Macro-F1 of the cross-fitted answers, under the names of an epoch's figures."""
    decision = fit_decision(logits, corpus=corpus)
    report = measure(predictions(logits, decision=decision, codebook=corpus.codebook), corpus=corpus, resamples=1)
    by_task = {
        f"validation/{name}": figure.value for name, figure in report.figures.items() if name.startswith("macro_f1/")
    }
    return {"epoch": 1, "validation/macro_f1": report.score, **by_task}
