"""Characters that were never meant: mojibake, lost letters, entities, invisible signs."""

from __future__ import annotations

from collections.abc import Iterator

from ....model.mending import mend, needs_mending
from .finding import Finding
from .material import SHOWN, Material

LOST = "\ufffd"
BEFORE = 40


def check_characters(material: Material) -> Iterator[Finding]:
    """Passages that `score` would mend before it reads them, and those with letters that nobody can bring back."""
    texts = material.corpus.texts
    lost = [i for i, text in enumerate(texts) if LOST in text]
    if lost:
        yield Finding(
            f"{len(lost):,} passages hold the sign for a lost character ({LOST})",
            "wrong",
            "Take the text from its source again, in the right encoding",
            material.spots(lost),
        )
    mended = {i: mend(text) for i, text in enumerate(texts) if needs_mending(text)}
    changed = {i: text for i, text in mended.items() if text != texts[i] and text != texts[i].strip()}
    if changed:
        yield Finding(
            f"{len(changed):,} passages hold mojibake, entities or invisible characters",
            "doubtful",
            "Mend them: training takes text as it is, whereas score mends what it reads",
            tuple(material.spot(i, f"read it as: {_changed(texts[i], text)}") for i, text in changed.items()),
        )


def _changed(text: str, mended: str) -> str:
    """The mended text from shortly before the first difference on."""
    first = next((i for i, (a, b) in enumerate(zip(text, mended, strict=False)) if a != b), 0)
    start = max(first - BEFORE, 0)
    return f"{'…' if start else ''}{mended[start : start + SHOWN - BEFORE]}"
