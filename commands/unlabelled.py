"""Passages without labels, from a dump, for the commands that learn from them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from ..model.progress import Progress
    from ..serving.drawing import Drawn
    from ..serving.settings import ScoreSettings
    from ..training.settings import TrainSettings


def draw(
    inputs: Sequence[Path],
    *,
    most: int,
    seed: int,
    tokenizer: Tokenizer,
    max_tokens: int,
    settings: ScoreSettings,
    progress: Progress,
) -> Drawn:
    """At most so many distinct passages of a dump, cut as `score` cuts for a model with this tokenizer."""
    from ..model.tokens import count_tokens
    from ..serving.drawing import draw_passages

    return draw_passages(
        inputs,
        most=most,
        seed=seed,
        count_tokens=lambda texts: count_tokens(tokenizer, texts),
        max_tokens=max_tokens,
        settings=settings,
        progress=progress,
    )


def draw_unlabelled(
    inputs: Sequence[Path],
    *,
    most: int,
    settings: TrainSettings,
    text: str | None,
    encoding: str | None,
    progress: Progress,
) -> list[str]:
    """At most so many distinct passages of a dump, cut as `score` will cut for this backbone.

    Args:
        text: the column that the articles stand in, if it has another name.
    """
    from ..serving.settings import ScoreSettings
    from ..training.learning.backbone import backbone_tokenizer

    tokenizer = backbone_tokenizer(settings.backbone).backend_tokenizer
    return draw(
        inputs, most=most, seed=settings.seed, tokenizer=tokenizer, max_tokens=settings.max_tokens,
        settings=ScoreSettings.read(overrides={"text": text, "encoding": encoding}), progress=progress,
    ).texts  # fmt: skip
