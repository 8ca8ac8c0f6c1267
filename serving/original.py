"""Where words of a text that the model saw stand in the article, also where the text was mended on its way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import SequenceMatcher

from .cutting import Span

Mend = Callable[[str], str]
LONGEST = 10_000
"""Characters of a mended passage that is aligned: the time grows with their square."""


def original_spans(spans: Sequence[Span], *, seen: str, original: str, mend: Mend) -> list[Span | None]:
    """(start, end) in the original of spans of the text that was seen; None where that cannot be told for sure.

    A mended text is aligned with its original character by character (Ratcliff & Metzener 1988, as in `difflib`). What
    stands at the place that was found must be the same word, or be mended to it.

    Args:
        spans: in the text seen.
        original: the passage as it stands in the article, with white space around it.
        mend: what was done to a passage that is not seen as it stands.
    """
    lead = len(original) - len(original.lstrip())
    if seen == original.strip():
        return [(start + lead, end + lead) for start, end in spans]
    if not spans or max(len(seen), len(original)) > LONGEST:
        return [None] * len(spans)
    blocks = SequenceMatcher(None, seen, original, autojunk=False).get_opcodes()
    found: list[Span | None] = []
    for start, end in spans:
        first = next((b for b in blocks if b[1] <= start < b[2]), None)
        last = next((b for b in blocks if b[1] < end <= b[2]), None)
        found.append(None)
        if first and last:
            begin = first[3] + (start - first[1] if first[0] == "equal" else 0)
            finish = last[3] + end - last[1] if last[0] == "equal" else last[4]
            there, word = original[begin:finish], seen[start:end]
            if there == word or mend(there) == word:
                found[-1] = begin, finish
    return found
