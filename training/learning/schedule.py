"""How long to learn and at which rates, by the number of passages, where the settings leave that to us."""

from __future__ import annotations

from ..settings import TrainSettings

MANY = 12_000
"""Passages from which on rates and epochs are whole: the starter corpus, which they were chosen on, has as many."""
RATE, HEAD_RATE = 2e-4, 1e-3
EPOCHS, SHORT = 5, 3
"""Passes over many passages, and over fewer than `FOR_SHORT`."""
FOR_SHORT = 7_000
SMOOTHING = 0.1
"""Of labels that are seen so often that the network would come to be too sure of them."""


def with_schedule(settings: TrainSettings, *, passages: int = MANY) -> TrainSettings:
    """The settings with numbers for epochs, rates and label smoothing: a named one as it is, else by the passages.

    Few passages cannot say much against what the encoder knows; steps as large as for many would make it forget
    (Kumar et al. 2022, "Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution"), and
    seen five times they are learnt by heart.
    """
    share = min(1.0, passages / MANY) ** 0.5
    chosen = {
        "epochs": EPOCHS if passages >= FOR_SHORT else SHORT,
        "learning_rate": RATE * share,
        "head_learning_rate": HEAD_RATE * share,
        "label_smoothing": SMOOTHING if passages >= FOR_SHORT else 0.0,
    }
    return settings.model_copy(
        update={name: value for name, value in chosen.items() if getattr(settings, name) == "auto"}
    )
