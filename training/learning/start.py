"""Where fine-tuning starts: heads that already tell what they can, and a schedule that suits the number of passages."""

from __future__ import annotations

import numpy as np
from tokenizers import Tokenizer

from ...model.network import PassageClassifier
from ...model.tfidf import fit_head
from ..data.corpus import Corpus
from ..settings import TrainSettings
from .features import STRENGTH, Scale, pooled
from .schedule import MANY, with_schedule

MOST = 4_096
"""Passages that the heads are begun with: more change little and cost a pass of the encoder each."""


def begin(
    network: PassageClassifier, tokenizer: Tokenizer, *, train: Corpus, settings: TrainSettings, fresh: bool, bf16: bool
) -> TrainSettings:
    """Begin the heads, in place, where passages are not many, and decide the schedule that is left to us.

    Args:
        fresh: no step was done yet; else the heads are left alone.

    Returns:
        The settings with numbers where they leave the schedule to us.
    """
    if settings.probe and fresh and len(train) < MANY:
        begin_heads(network, tokenizer, train=train, settings=settings, bf16=bf16)
    return with_schedule(settings, passages=len(train))


def begin_heads(
    network: PassageClassifier, tokenizer: Tokenizer, *, train: Corpus, settings: TrainSettings, bf16: bool
) -> None:
    """Set every head to the logistic regression on what the encoder says of the passages before it learns.

    Linear probing, then fine-tuning (Kumar et al. 2022). A task without a labelled passage keeps its head, and so does
    one whose head another bundle has taught.
    """
    chosen = np.arange(len(train))
    if len(chosen) > MOST:
        chosen = np.sort(np.random.default_rng(settings.seed).permutation(len(train))[:MOST])
    part = train.select(chosen)
    features = pooled(network, tokenizer, part.texts, bf16=bf16)
    scale = Scale.of(features, blocks=len(network.pooled))
    for name, task in train.codebook.tasks.items():
        known = part.labelled(name)
        if known.any() and name not in network.taught:
            weights, bias = fit_head(
                scale(features[known]), part.targets[name][known], leaves=len(task.leaves),
                single=task.kind == "single", strength=STRENGTH[task.kind], balanced=False,
            )  # fmt: skip
            scale.put(network.head(name), weights=weights, bias=bias)
