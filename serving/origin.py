"""Where a passage comes from, and what reading found out about it: the columns beside its labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from ..model.language import languages
from ..model.mending import mend, needs_mending
from .articles import Article
from .cutting import Span
from .settings import ScoreSettings
from .sketches import sketch


@dataclass(frozen=True)
class Reading:
    """What reading an article found out.

    Attributes:
        mended: passages whose text the model sees otherwise than it stands, by their index.
        language: ISO 639-1 code; None where it cannot be told, or nobody asked.
        sketch: by which copies are found; empty where nobody asked.
    """

    mended: dict[int, str] = field(default_factory=dict)
    language: str | None = None
    sketch: bytes = b""


def read_closely(
    articles: Sequence[Article], spans: Sequence[Sequence[Span]], *, settings: ScoreSettings
) -> list[Reading]:
    """Mend the passages of each article, tell its language and sketch it, as the settings want."""
    mended = [_mended(article.text, own) if settings.mend else {} for article, own in zip(articles, spans, strict=True)]
    texts = [mend(article.text) if found else article.text for article, found in zip(articles, mended, strict=True)]
    told = languages(texts, among=settings.languages) if settings.languages else [None] * len(texts)
    sketches = [sketch(text) if settings.duplicates else b"" for text in texts]
    return [Reading(*parts) for parts in zip(mended, told, sketches, strict=True)]


def _mended(text: str, spans: Sequence[Span]) -> dict[int, str]:
    if not needs_mending(text):
        return {}
    passages = (text[start:end].strip() for start, end in spans)
    return {index: new for index, passage in enumerate(passages) if (new := mend(passage)) != passage}


def origin_fields(settings: ScoreSettings) -> list[pa.Field]:
    """`file` and `row` of the article, as in `errors.parquet`; `mended`, `language` and `text` as the settings want."""
    fields = [pa.field("file", pa.string()), pa.field("row", pa.int64())]
    if settings.mend:
        fields.append(pa.field("mended", pa.bool_()))
    if settings.languages:
        fields.append(pa.field("language", pa.string()))
    if settings.keep_text:
        fields.append(pa.field("text", pa.string()))
    return fields


def origin_columns(
    articles: Sequence[Article],
    spans: Sequence[Sequence[Span]],
    readings: Sequence[Reading],
    *,
    names: Sequence[str],
    settings: ScoreSettings,
) -> dict[str, list]:
    """The values of these fields for all passages, one after the other.

    Args:
        names: of the input files.
    """
    columns: dict[str, list] = {field.name: [] for field in origin_fields(settings)}
    for article, reading, own in zip(articles, readings, spans, strict=True):
        values: dict[str, list] = {
            "file": [names[article.at.file]] * len(own),
            "row": [article.at.row] * len(own),
            "mended": [index in reading.mended for index in range(len(own))],
            "language": [reading.language] * len(own),
            "text": [article.text[start:end] for start, end in own] if settings.keep_text else [],
        }
        for name, column in columns.items():
            column += values[name]
    return columns
