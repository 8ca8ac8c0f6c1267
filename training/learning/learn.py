"""From a network with fresh heads to one that has learnt, and the decision layer that goes with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from ...model.decision import Decision
from ...model.network import PassageClassifier
from ...model.progress import Progress
from ...model.transformer import TransformerClassifier
from ..data.splits import Split
from ..measuring.calibration import fit_decision
from ..settings import TrainSettings
from .checkpoint import Position
from .few import are_few, learn_few
from .fine_tune import OnEpoch, fine_tune
from .lexical import add_lexical
from .mirror import Mirror, with_mirrored


@dataclass(frozen=True)
class Learnt:
    """What learning leaves.

    Attributes:
        validation: task -> ``(validation passages, leaves)``, logits that held-out passages would get.
        history: what was measured after each epoch.
        tuned: whether the encoder learnt; else it is as it was before.
        mirrored: passages that it saw a second time, with the sides exchanged.
    """

    network: PassageClassifier
    decision: Decision
    validation: dict[str, np.ndarray]
    history: list[dict[str, float]]
    seconds: float
    tuned: bool
    mirrored: int = 0


def learn(
    network: PassageClassifier,
    tokenizer: Tokenizer,
    *,
    split: Split,
    settings: TrainSettings,
    work: Path,
    position: Position,
    progress: Progress,
    on_epoch: OnEpoch,
    mirror: Mirror | None = None,
) -> Learnt:
    """Fine-tune, add the lexical head, and fit the decision layer; of few passages, learn without fine-tuning.

    Args:
        work, position, on_epoch: as `fine_tune` takes them.
        mirror: shows an encoder that learns its train passages a second time.

    Raises:
        Interrupted, UserError: as `fine_tune`.
    """
    train, validation = split.train, split.validation
    if are_few(train, settings=settings):
        progress("learning from few passages", 0, 0)
        few = learn_few(network, tokenizer, train=train, validation=validation, settings=settings)
        for measured in few.history:
            on_epoch(measured)
        decision = fit_decision(few.logits, corpus=few.corpus, goal=settings.goal)
        logits = {name: values[len(train) :] for name, values in few.logits.items()}
        return Learnt(few.network, decision, logits, few.history, few.seconds, tuned=False)
    train = with_mirrored(train, mirror=mirror)
    tuned = fine_tune(
        network, tokenizer,
        train=train, validation=validation, settings=settings, work=work, position=position, progress=progress,
        on_epoch=on_epoch,
    )  # fmt: skip
    progress("measuring on held-out passages", 0, 0)
    classifier = TransformerClassifier(tuned.network, tokenizer, device="cpu", precision="fp32")
    logits = classifier.logits(validation.texts).tasks
    if settings.lexical:
        logits = add_lexical(
            tuned.network, tokenizer, train=train, validation=validation, logits=logits, settings=settings
        )
    decision = fit_decision(logits, corpus=validation, goal=settings.goal)
    mirrored = len(train) - len(split.train)
    return Learnt(tuned.network, decision, logits, tuned.history, tuned.seconds, tuned=True, mirrored=mirrored)
