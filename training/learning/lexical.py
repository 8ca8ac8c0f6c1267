"""Fit the lexical head on the train passages, and how much it counts on the validation passages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, diags, vstack
from scipy.special import logit
from tokenizers import Tokenizer

from ...model.decision import TaskDecision
from ...model.lexical import LexicalHead
from ...model.network import PassageClassifier
from ...model.tfidf import fit_head
from ...model.tokens import pad
from ...model.windows import encode_windows
from ..data.corpus import Corpus
from ..measuring.calibration import FEWEST, fit_decision, mean_log_likelihood
from ..measuring.thresholds import Goal
from ..settings import TrainSettings

BLOCK = 4_096
UNKNOWN = 0.01
"""Share of the validation passages that may hold fewer known tokens than is enough for the head to be heard in full."""
MOST = 3.0
"""Weight that the lexical logits may have, relative to the encoder's."""
USUAL, CAUTION = 0.5, 5.0
"""The weight that is taken where validation passages are too few to tell, and how strongly it is held on to."""


def add_lexical(
    network: PassageClassifier,
    tokenizer: Tokenizer,
    *,
    train: Corpus,
    validation: Corpus,
    logits: Mapping[str, np.ndarray],
    settings: TrainSettings,
) -> dict[str, np.ndarray]:
    """Give a fine-tuned network a lexical head. It is fitted alone and then weighed against the encoder (stacking).

    Trained together, the two would come to lean on each other; two that err apart add up better.

    Args:
        logits: the encoder's, task -> ``(validation passages, leaves)``.

    Returns:
        Both together, on the validation passages.
    """
    rows = network.encoder.get_input_embeddings().num_embeddings
    head = LexicalHead(buckets=settings.lexical, heads=network.config.heads, vocabulary=rows)
    learn_known(network, head, tokenizer, train.texts, validation.texts)
    train_matrix, idf, _ = count_words(network, head, tokenizer, train.texts, idf=None)
    matrix, _, voice = count_words(network, head, tokenizer, validation.texts, idf=idf)
    columns, biases, together = [idf[:, None]], [], {}
    for name in head.heads:
        task, known = train.codebook.tasks[name], train.labelled(name)
        weights, bias = fit_head(
            train_matrix[known], train.targets[name][known], leaves=len(task.leaves), single=task.kind == "single"
        )
        own = np.asarray(matrix @ weights.T + voice[:, None] * bias)
        share = share_of_words(logits[name], own, validation, task=name)
        columns.append(share * weights.T)
        biases.append(share * bias)
        together[name] = (logits[name] + share * own).astype(np.float32)
    head.table.copy_(torch.from_numpy(np.concatenate(columns, axis=1)))
    head.bias.copy_(torch.from_numpy(np.concatenate(biases)))
    assert head.silence is not None
    head.silence.copy_(torch.from_numpy(_silence(head, logits, together, validation, goal=settings.goal)))
    network.add_lexical(head)
    silence = head.silence.split(list(head.heads.values()))
    for name, added in zip(head.heads, silence, strict=True):
        together[name] += (1 - voice[:, None]) * added.numpy()
    return together


def learn_known(
    network: PassageClassifier, head: LexicalHead, tokenizer: Tokenizer, train: list[str], validation: list[str]
) -> None:
    """Note which tokens the train passages have, and how many of them make the head heard."""
    assert head.known is not None
    config = network.config
    met = np.zeros(len(head.known), dtype=np.float32)
    for ids in encode_windows(tokenizer, train, max_tokens=config.max_tokens, windows=config.windows).ids:
        met[ids] = 1
    held_out = encode_windows(tokenizer, validation, max_tokens=config.max_tokens, windows=config.windows).ids
    enough = float(np.quantile([met[ids].mean() for ids in held_out], UNKNOWN))
    head.known.copy_(torch.from_numpy(met / max(enough, 0.1)))


def _silence(
    head: LexicalHead,
    encoder: Mapping[str, np.ndarray],
    together: Mapping[str, np.ndarray],
    corpus: Corpus,
    *,
    goal: Goal,
) -> np.ndarray:
    """What to add to the encoder's logits where the head is silent, one a leaf.

    By the thresholds of both together, the encoder alone would give a multi task's label to all passages or to none.
    With this it decides as by thresholds of its own. A single task's largest logit needs nothing.
    """
    both, alone = (fit_decision(logits, corpus=corpus, goal=goal) for logits in (together, encoder))
    added = []
    for name, leaves in head.heads.items():
        added.append(np.zeros(leaves))
        if (task := corpus.codebook.tasks[name]).kind == "multi":
            added[-1] = _borders(both.tasks[name], task.leaves) - _borders(alone.tasks[name], task.leaves)
    return np.concatenate(added).astype(np.float32)


def _borders(decision: TaskDecision, leaves: Sequence[str]) -> np.ndarray:
    """Logits from which on a label is given, ``(leaves,)``."""
    thresholds = np.array([decision.thresholds[leaf] for leaf in leaves])
    return decision.temperature * logit(thresholds.clip(1e-6, 1 - 1e-6))


def count_words(
    network: PassageClassifier, head: LexicalHead, tokenizer: Tokenizer, texts: list[str], *, idf: np.ndarray | None
) -> tuple[csr_matrix, np.ndarray, np.ndarray]:
    """What the head multiplies its weights with, ``(passages, buckets)``, document frequencies, its voice."""
    config = network.config
    blocks, owners, shares, voices = [], [], [], []
    for start in range(0, len(texts), BLOCK):
        block = texts[start : start + BLOCK]
        encoded = encode_windows(tokenizer, block, max_tokens=config.max_tokens, windows=config.windows)
        padded, mask = map(torch.from_numpy, pad(encoded.ids, pad_id=0))
        buckets, counts = (tensor.numpy() for tensor in head.features(padded, mask))
        rows = np.nonzero(counts)[0]
        size = (len(encoded.ids), len(head.table))
        blocks.append(csr_matrix((np.ones(len(rows)), (rows, buckets[counts > 0])), shape=size))
        owners.append(encoded.text + start)
        shares.append(encoded.shares)
        voices.append(head.voice(padded, mask).numpy())
    count = vstack(blocks, format="csr")
    count.sum_duplicates()
    owner, voice = np.concatenate(owners), np.concatenate(voices)
    mean = csr_matrix((np.concatenate(shares), (owner, np.arange(len(owner)))), shape=(len(texts), len(owner)))
    if idf is None:
        seen = np.asarray(((mean @ count) > 0).sum(axis=0)).ravel()
        idf = np.log((1 + len(texts)) / (1 + seen)) + 1
    length = np.sqrt(np.asarray(count @ idf**2))
    of_windows = diags(voice / np.maximum(length, 1e-9)) @ count @ diags(idf)
    return csr_matrix(mean @ of_windows, dtype=np.float32), idf, mean @ voice


def share_of_words(encoder: np.ndarray, lexical: np.ndarray, corpus: Corpus, *, task: str) -> float:
    """Weight of the lexical logits with which both together are likeliest, whatever the temperature.

    Both are of passages that they did not learn from.

    A normal prior around `USUAL` counts less the more validation passages there are.
    """
    known = corpus.labelled(task)
    if known.sum() < FEWEST:
        return USUAL
    targets, weights = corpus.targets[task][known], corpus.weights[known]

    def loss(point: np.ndarray) -> float:
        scaled = (encoder[known] + abs(point[1]) * lexical[known]) * np.exp(point[0])
        doubt = CAUTION * (abs(point[1]) - USUAL) ** 2 / len(targets)
        return doubt - mean_log_likelihood(scaled, targets, weights=weights)

    found = minimize(loss, [0.0, USUAL], method="Nelder-Mead", options={"xatol": 1e-3, "fatol": 1e-7})
    return float(min(abs(found.x[1]), MOST))
