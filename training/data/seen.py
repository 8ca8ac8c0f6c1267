"""Which passages a bundle was trained on, without keeping them: so that it is not measured on them by mistake."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from ...model.errors import UserError
from .checking.duplicates import HONEST
from .corpus import Corpus

FILE = "seen.txt"


def mark(text: str) -> str:
    """A 64-bit hash of a text's words, case and punctuation aside, as 16 hex digits."""
    words = " ".join(re.findall(r"\w+", text.casefold())) or text.strip()
    return hashlib.blake2b(words.encode(errors="replace"), digest_size=8).hexdigest()


def write_seen(folder: Path, *, texts: Iterable[str], before: Path | None = None) -> None:
    """Write `seen.txt` into a bundle: a mark a line, sorted.

    Args:
        before: the bundle that it began from, whose passages it has seen too.
    """
    marks = {mark(text) for text in texts} | (_marks(before) if before else set())
    (folder / FILE).write_text("".join(line + "\n" for line in sorted(marks)), "utf-8")


def _marks(bundle: Path) -> set[str]:
    file = bundle / FILE
    return set(file.read_text("utf-8", errors="replace").split()) if file.is_file() else set()


def count_seen(bundle: Path, corpus: Corpus) -> int:
    """How many of these passages the bundle learned from or was fitted on; 0 where it does not say."""
    known = _marks(bundle)
    return sum(mark(text) in known for text in corpus.texts) if known else 0


def refuse_seen(bundle: Path, corpus: Corpus, *, allowed: bool) -> str | None:
    """A note where some passages are known to the bundle; a `UserError` where more than 1 % are, unless allowed."""
    seen = count_seen(bundle, corpus)
    if not seen:
        return None
    text = f"{bundle}: was trained or fitted on {seen:,} of these {len(corpus):,} passages ({seen / len(corpus):.1%})"
    if seen / len(corpus) > HONEST and not allowed:
        raise UserError(
            f"{text}; figures on them would be better than the truth. Measure on others (--split test), "
            "or pass --allow-leaks"
        )
    return text
