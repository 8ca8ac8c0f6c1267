"""Which languages the passages are in, and whether the backbone reads them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from ....model.language import LANGUAGES, languages
from ....model.pretrained import INSTALLED
from .finding import Finding, Table
from .material import Material

MOST = 20_000
"""Passages that are looked at; of more, a random sample."""
UNREAD = 0.02
"""Share of passages in other languages from which it is doubtful to train a backbone that reads English only."""


def check_languages(material: Material) -> Iterator[Finding | Table]:
    """Passages a language; those that the default backbone cannot read, or whose `language` column says another."""
    corpus = material.corpus
    looked = np.arange(len(corpus))
    if len(corpus) > MOST:
        looked = np.sort(np.random.default_rng(0).choice(len(corpus), MOST, replace=False))
    found = languages([corpus.texts[i] for i in looked])
    counts = Counter(code or "(cannot be told)" for code in found)
    sampled = f" of {MOST:,} passages drawn at random" if len(corpus) > MOST else ""
    yield Table(
        "languages",
        ("language", "passages", "share"),
        tuple((code, count, count / len(looked)) for code, count in counts.most_common()),
        f"Told among {', '.join(LANGUAGES)}{sampled}; what is short or mixed may be told wrongly.",
    )
    foreign = [int(i) for i, code in zip(looked, found, strict=True) if code not in (None, "en")]
    if foreign and material.backbone == INSTALLED:
        share = len(foreign) / len(looked)
        yield Finding(
            f"{len(foreign):,} of {len(looked):,} passages ({share:.1%}) are not in English, the one language that "
            "the default backbone reads",
            "doubtful" if share > UNREAD else "note",
            "Train with --backbone intfloat/multilingual-e5-small" if share > UNREAD else "",
            material.spots(foreign),
        )
    column = corpus.column("language")
    other = {
        int(i): (column[i], code)
        for i, code in zip(looked, found, strict=True)
        if code and (column[i] or code)[:2].lower() != code and (column[i] or "")[:2].lower() in LANGUAGES
    }
    if other:
        yield Finding(
            f"{len(other):,} passages seem to be in another language than the column language says",
            "note",
            "Look at them",
            tuple(material.spot(i, f"said: {said}, seems: {code}") for i, (said, code) in other.items()),
        )
