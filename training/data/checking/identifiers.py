"""Ids that name more than one passage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from .finding import Finding
from .material import Material


def check_identifiers(material: Material) -> Iterator[Finding]:
    """Ids under which different texts lie: errors and predictions cannot be traced to one of them."""
    texts: dict[str, dict[str, int]] = defaultdict(dict)
    for i, (identity, text) in enumerate(zip(material.corpus.column("id"), material.corpus.texts, strict=True)):
        if identity is not None:
            texts[identity].setdefault(text, i)
    several = {identity: places for identity, places in texts.items() if len(places) > 1}
    if several:
        first = next(iter(several))
        yield Finding(
            f"{len(several):,} ids name several passages (as {first!r})",
            "doubtful",
            "Give every passage an id of its own",
            tuple(material.spot(i) for places in several.values() for i in places.values()),
        )
