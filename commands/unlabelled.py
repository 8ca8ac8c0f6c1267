"""Passages without labels, from a dump, for the commands that learn from them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..model.progress import Progress
    from ..training.settings import TrainSettings


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
    from ..model.tokens import count_tokens
    from ..serving.drawing import draw_passages
    from ..serving.settings import ScoreSettings
    from ..training.learning.backbone import backbone_tokenizer

    tokenizer = backbone_tokenizer(settings)
    return draw_passages(
        inputs,
        most=most,
        seed=settings.seed,
        count_tokens=lambda texts: count_tokens(tokenizer, texts),
        max_tokens=settings.max_tokens,
        settings=ScoreSettings.read(overrides={"text": text, "encoding": encoding}),
        progress=progress,
    ).texts
