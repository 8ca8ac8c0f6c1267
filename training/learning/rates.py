"""Learning rates that suit the number of passages."""

from __future__ import annotations

from ..settings import TrainSettings

MANY = 12_000
"""Passages from which on the rates are whole: the starter corpus, which they were chosen on, has as many."""
RATE, HEAD_RATE = 2e-4, 1e-3


def with_rates(settings: TrainSettings, *, passages: int = MANY) -> TrainSettings:
    """The settings with numbers for both learning rates: a named one as it is, else by the root of the passages.

    Few passages cannot say much against what the encoder knows; steps as large as for many would make it forget
    (Kumar et al. 2022, "Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution").
    """
    share = min(1.0, passages / MANY) ** 0.5
    rates = {"learning_rate": RATE * share, "head_learning_rate": HEAD_RATE * share}
    return settings.model_copy(update={name: rate for name, rate in rates.items() if getattr(settings, name) == "auto"})
