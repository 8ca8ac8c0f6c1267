"""Passages drawn from a dump at random, each distinct one as likely as any other, in bounded memory."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..model.errors import UserError
from ..model.mending import mend
from ..model.progress import Progress, silent
from ..rows import find_files, name_inputs
from .articles import Article, Position, Refused, plan_columns, read_articles
from .chunks import cut_texts
from .cutting import CountTokens
from .settings import ScoreSettings

BLOCK = 256
"""Articles cut at once."""
MOST_REFUSED = 1_000
"""Refused rows that are kept with their reasons; all are counted."""


@dataclass
class Aside:
    """Rows that were refused: how many, and the first of them."""

    count: int = 0
    first: list[Refused] = field(default_factory=list)

    def pass_on(self, rows: Iterable[Article | Refused]) -> Iterator[str]:
        """The texts of the articles; what is refused is kept here."""
        for row in rows:
            if isinstance(row, Article):
                yield row.text
                continue
            self.count += 1
            if len(self.first) < MOST_REFUSED:
                self.first.append(row)


@dataclass(frozen=True)
class Drawn:
    """Distinct passages, the number of the article that each was cut from, and the rows that were refused."""

    texts: list[str]
    articles: list[int]
    aside: Aside = field(default_factory=Aside, compare=False)


def draw_passages(
    inputs: Iterable[Path | str],
    *,
    most: int,
    seed: int,
    count_tokens: CountTokens,
    max_tokens: int,
    settings: ScoreSettings,
    progress: Progress = silent,
) -> Drawn:
    """At most `most` distinct passages of a dump, read and cut as `score` does.

    `most` articles are drawn, cut and mended, and of their passages `most`. Drawn are those with the smallest hashes
    (bottom-k sampling, Cohen & Kaplan 2007): the order of the rows and how often one is repeated do not matter.

    Args:
        most: at least 1; as many articles are held in memory.
        seed: another one draws others.
        count_tokens, max_tokens: of the classifier that will score the dump.

    Raises:
        UserError: a missing input, no text column, no readable row.
    """
    entries = name_inputs(find_files(map(Path, inputs), format=settings.input_format), format=settings.input_format)
    columns = plan_columns(entries, settings=settings.model_copy(update={"carry": {}}), taken=())
    rows = read_articles(entries, columns=columns, settings=settings, after=Position())
    aside = Aside()
    found = _smallest(aside.pass_on(rows), most=most, seed=seed, progress=progress)
    if not found:
        raise UserError(f"{entries[0].name}: no row of the dump can be scored, so that nothing can be learnt from it")
    passages: dict[str, int] = {}
    for start in range(0, len(found), BLOCK):
        progress("cutting articles", start, len(found))
        block = found[start : start + BLOCK]
        spans = cut_texts(block, count_tokens=count_tokens, max_tokens=max_tokens, settings=settings)
        for number, (text, own) in enumerate(zip(block, spans, strict=True), start=start):
            for begin, end in own:
                passage = text[begin:end].strip()
                passages.setdefault(mend(passage) if settings.mend else passage, number)
    texts = _smallest(passages, most=most, seed=seed)
    return Drawn(texts=texts, articles=[passages[text] for text in texts], aside=aside)


def _smallest(texts: Iterable[str], *, most: int, seed: int, progress: Progress = silent) -> list[str]:
    """The distinct texts with the smallest hashes, smallest first."""
    heap: list[tuple[int, str]] = []
    held: set[int] = set()
    for number, text in enumerate(texts):
        if number % 1_000 == 0:
            progress("reading the dump", number, 0)
        key = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8, key=seed.to_bytes(8)).digest())
        if key in held or (len(heap) == most and key >= -heap[0][0]):
            continue
        held.add(key)
        if len(heap) < most:
            heapq.heappush(heap, (-key, text))
        else:
            held.discard(-heapq.heappushpop(heap, (-key, text))[0])
    return [text for _, text in sorted(heap, reverse=True)]
