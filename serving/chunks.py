"""Chunks of the dump: articles, read and cut into passages, each chunk on its way into one part."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..model.bundle import Bundle
from ..model.classifier import Classifier
from .articles import Article, Position, Refused
from .cutting import CountTokens, Span, cut_articles
from .origin import Reading, read_closely
from .settings import ScoreSettings

ROWS_AT_ONCE = 256
"""Rows cut together. Part borders fall on its multiples, also after a restart, so parts do not depend on one."""

CHARACTERS_AT_ONCE = 16_000_000
"""Characters of articles after which no further row is cut with them."""


@dataclass(frozen=True)
class Chunk:
    """Articles, the spans of their passages, what reading found, the rows refused among them, the last row's place."""

    articles: list[Article]
    spans: list[list[Span]]
    readings: list[Reading]
    refused: list[Refused]
    position: Position

    @property
    def rows(self) -> int:
        return len(self.articles) + len(self.refused)

    @property
    def passages(self) -> int:
        return sum(map(len, self.spans))

    def texts(self) -> list[str]:
        """The passages as the model sees them, mended, one after the other."""
        return [
            reading.mended.get(index) or article.text[start:end].strip()
            for article, spans, reading in zip(self.articles, self.spans, self.readings, strict=True)
            for index, (start, end) in enumerate(spans)
        ]


def _block(articles: Iterator[Article | Refused]) -> Iterator[Article | Refused]:
    """The next rows to cut together: fewer where they are long, so that memory stays bounded whatever their length."""
    characters = 0
    for item in itertools.islice(articles, ROWS_AT_ONCE):
        yield item
        characters += len(item.text) if isinstance(item, Article) else 0
        if characters > CHARACTERS_AT_ONCE:
            return


def chunks(
    articles: Iterator[Article | Refused], *, classifier: Classifier, settings: ScoreSettings
) -> Iterator[Chunk]:
    """Cut articles into passages and gather them until a part is full."""
    chunk: Chunk | None = None
    while block := list(_block(articles)):
        good = [item for item in block if isinstance(item, Article)]
        before = chunk or Chunk([], [], [], [], block[0].at)
        spans = cut_texts(
            [article.text for article in good],
            count_tokens=classifier.count_tokens,
            max_tokens=classifier.max_tokens,
            settings=settings,
        )
        chunk = Chunk(
            articles=before.articles + good,
            spans=before.spans + spans,
            readings=before.readings + read_closely(good, spans, settings=settings),
            refused=before.refused + [item for item in block if isinstance(item, Refused)],
            position=block[-1].at,
        )
        if chunk.passages >= settings.part or chunk.rows >= 4 * settings.part:
            yield chunk
            chunk = None
    if chunk:
        yield chunk


def cut_texts(
    texts: Sequence[str], *, count_tokens: CountTokens, max_tokens: int | None, settings: ScoreSettings
) -> list[list[Span]]:
    """Passages of each article, or each as one passage, as the settings want it.

    Args:
        count_tokens, max_tokens: of the classifier that will score them.
    """
    if not texts or settings.cut == "none":
        return [[(0, len(text))] for text in texts]
    return cut_articles(
        texts,
        count_tokens=count_tokens,
        most_tokens=min(settings.passage_tokens, max_tokens or settings.passage_tokens),
        most_sentences=settings.passage_sentences,
    )


def check_cut(bundle: Bundle, *, settings: ScoreSettings) -> list[str]:
    """A line where articles will be cut although the bundle learned from texts as long as they."""
    config = bundle.json("config.json")
    if settings.cut == "none" or config.get("windows", 1) == 1:
        return []
    return [
        f"{bundle.path}: learned from texts of up to {config['windows']} windows of {config['max_tokens']} tokens, "
        f"and is asked about passages of at most {settings.passage_tokens}. Whole articles: --cut none"
    ]
