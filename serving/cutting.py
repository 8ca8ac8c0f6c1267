"""Cut articles into passages on sentence borders: they tile the article, and none is longer than allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from .sentences import sentence_spans

CountTokens = Callable[[Sequence[str]], np.ndarray]
Span = tuple[int, int]
LEAST_TOKENS = 40
"""A passage shorter than this goes on over the end of a paragraph: a headline joins its lede."""


def cut_articles(
    texts: Sequence[str], *, count_tokens: CountTokens, most_tokens: int, most_sentences: int
) -> list[list[Span]]:
    """Passages of each article as (start, end) in characters.

    A passage takes sentences until the next would exceed `most_tokens` or `most_sentences`, or a paragraph
    ends. A sentence too long by itself is halved at white space, again and again.

    Args:
        texts: articles, none empty.
        count_tokens: tokens of each text as the model counts them, special tokens included.

    Returns:
        For each article spans that tile it: the first starts at 0, each next where the last ended, the
        last ends at the text's length.
    """
    specials = int(count_tokens([""])[0])
    budget = most_tokens - specials
    spans_of = [sentence_spans(text) for text in texts]
    flat = [text[start:end] for text, spans in zip(texts, spans_of, strict=True) for start, end in spans]
    counts = iter((count_tokens(flat) - specials).tolist())
    cut = []
    for text, spans in zip(texts, spans_of, strict=True):
        sized: list[tuple[Span, int]] = []
        for span in spans:
            for (begin, end), tokens in _shortened(
                text, span, next(counts), budget, count_tokens=count_tokens, specials=specials
            ):
                if sized and (not text[begin:end].strip() or not text[slice(*sized[-1][0])].strip()):
                    (begin, _), before = sized.pop()  # white space alone is no piece
                    tokens += before
                sized.append(((begin, end), tokens))
        cut.append(list(_joined(text, sized, budget=budget, most_sentences=most_sentences)))
    return cut


def _joined(text: str, sized: list[tuple[Span, int]], *, budget: int, most_sentences: int) -> Iterator[Span]:
    """Join sentences to passages, greedily."""
    start, tokens, sentences = 0, 0, 0
    for (begin, end), count in sized:
        inside_word = text[begin - 1 : begin + 1].isalnum() and begin > start  # its halves may count more when joined
        if sentences and (tokens + count > budget or sentences == most_sentences or inside_word):
            yield start, begin
            start, tokens, sentences = begin, 0, 0
        tokens, sentences = tokens + count, sentences + 1
        if tokens >= LEAST_TOKENS and "\n" in text[begin:end][len(text[begin:end].rstrip()) :] and end < len(text):
            yield start, end
            start, tokens, sentences = end, 0, 0
    if start < len(text):
        yield start, len(text)


def _shortened(
    text: str, span: Span, count: int, budget: int, *, count_tokens: CountTokens, specials: int
) -> list[tuple[Span, int]]:
    """The sentence as it is, or its halves, with their tokens."""
    start, end = span
    if count <= budget or end - start < 2:
        return [(span, count)]
    middle = _border(text, start, end)
    halves = [(start, middle), (middle, end)]
    counts = count_tokens([text[a:b] for a, b in halves]) - specials
    return [
        piece
        for half, tokens in zip(halves, counts.tolist(), strict=True)
        for piece in _shortened(text, half, tokens, budget, count_tokens=count_tokens, specials=specials)
    ]


def _border(text: str, start: int, end: int) -> int:
    """White space nearest to the middle, so that words stay whole; the middle itself where there is none."""
    middle = (start + end) // 2
    reach = (end - start) // 4
    before = max(text.rfind(space, middle - reach, middle) for space in " \n\t")
    after = min((p for space in " \n\t" if (p := text.find(space, middle, middle + reach)) >= 0), default=-1)
    candidates = [p + 1 for p in (before, after) if p >= 0 and start < p + 1 < end]
    return min(candidates, key=lambda p: abs(p - middle), default=middle)
