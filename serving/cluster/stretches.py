"""A dump in pieces that do not depend on how many workers there are: shards are read at once, stretches scored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...model.errors import UserError
from ...rows import Input
from ..articles import Article, Columns, Position, Refused, read_articles
from ..settings import ScoreSettings

SHARD_BYTES = 64 * 2**20
"""Files are read together until they have so many; a larger file is a shard of its own."""
PASSAGE_CHARACTERS = 400
"""Of a passage, about, so that a stretch has about as many passages as a part should have."""
SAME_PATH = "Dump, model and --out must lie where every machine sees them under the same path"


@dataclass(frozen=True)
class Shard:
    """Consecutive files, and which of their stretches are written already.

    Attributes:
        first, end: indices of the files, `end` excluded.
        after: the last row of the stretches that are written without a gap; `number` is the one behind it.
        written: further stretches that are.
    """

    index: int
    first: int
    end: int
    after: Position
    number: int = 0
    written: frozenset[int] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Stretch:
    """Consecutive rows of a shard, which become one part.

    Attributes:
        last: nothing of its shard comes behind it.
    """

    shard: int
    number: int
    items: list[Article | Refused]
    last: bool

    @property
    def name(self) -> str:
        """Of its part; the order of names is the order of the input."""
        return f"{self.shard:06d}-{self.number:06d}"


def shards(sizes: Sequence[int]) -> list[Shard]:
    """Shards of files with so many bytes, in order."""
    cut: list[Shard] = []
    first, together = 0, 0
    for index, size in enumerate(sizes):
        together += size
        if together >= SHARD_BYTES or index == len(sizes) - 1:
            cut.append(Shard(len(cut), first, index + 1, Position(first, 0)))
            first, together = index + 1, 0
    return cut


def read_stretches(
    shard: Shard, *, inputs: Sequence[Input], sizes: Sequence[int], columns: Columns, settings: ScoreSettings
) -> Iterator[Stretch]:
    """The stretches of a shard that are not written yet.

    Raises:
        UserError: a file is not there, or has another size than when the run began.
    """
    for entry, size in zip(inputs[shard.first : shard.end], sizes[shard.first : shard.end], strict=True):
        _check_seen(entry.path, size)
    articles = read_articles([*inputs[: shard.end]], columns=columns, settings=settings, after=shard.after)
    for number, (items, last) in enumerate(_cut(articles, part=settings.part), start=shard.number):
        if number not in shard.written:
            yield Stretch(shard.index, number, items, last)


def _cut(articles: Iterable[Article | Refused], *, part: int) -> Iterator[tuple[list[Article | Refused], bool]]:
    """Rows for about `part` passages at a time, and whether they are the last."""
    items: list[Article | Refused] = []
    characters = 0
    for item in articles:
        if len(items) >= part or characters >= part * PASSAGE_CHARACTERS:
            yield items, False
            items, characters = [], 0
        items.append(item)
        characters += len(item.text) if isinstance(item, Article) else 0
    if items:
        yield items, True


def _check_seen(path: Path, size: int) -> None:
    """Raise a `UserError` where this machine does not see the file as it was when the run began."""
    try:
        found = path.stat().st_size
    except OSError as error:
        raise UserError(f"{path}: not to be read on a machine of the cluster ({error.strerror}). {SAME_PATH}") from None
    if found != size:
        raise UserError(f"{path}: has {found:,} bytes on a machine of the cluster, it had {size:,} when the run began")
