"""Reprinted text is scored once: equal passages share one answer, in bounded memory."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

import numpy as np

from ..model.classifier import Classifier, Logits, Tick

MOST = 200_000
"""Answers remembered at least; at most twice as many, about 80 MB with ten labels."""

SPACES = re.compile(r"[ \t\r\n\u00a0\u2000-\u200a\u3000]+")
"""Runs of these are one space to most tokenizers; a form feed is not among them, some drop it and join the words."""


class Repeats:
    """A classifier that asks the one behind it only for passages that it has not answered lately.

    Passages are equal when they differ in white space alone, if that is nothing to the classifier's tokenizer. When
    `most` answers are held, the older half is forgotten as a whole: no bookkeeping at each use, as in a generational
    collector.

    Args:
        heads: task -> number of leaves.
        most: answers to remember; 0 for a classifier whose answers depend, in the last digit, on what else it is
            asked: a run that was interrupted then ends as one that was not.

    Attributes:
        reused: passages answered without asking.
    """

    def __init__(self, classifier: Classifier, *, heads: Mapping[str, int], most: int = MOST) -> None:
        self.classifier = classifier
        self.max_tokens = classifier.max_tokens
        self.heads = dict(heads)
        self.most = most
        self.young: dict[bytes, bytes] = {}
        self.old: dict[bytes, bytes] = {}
        self.reused = 0
        once, more = classifier.count_tokens(["a a", "a \n\u00a0a"])
        self.blind_to_spaces = once == more

    def count_tokens(self, texts: Sequence[str]) -> np.ndarray:
        return self.classifier.count_tokens(texts)

    def logits(self, texts: Sequence[str], *, tick: Tick | None = None) -> Logits:
        plain = [SPACES.sub(" ", text).strip(" ") for text in texts] if self.blind_to_spaces else texts
        keys = [hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest() for text in plain]
        known = {key: answer for key in dict.fromkeys(keys) if (answer := self.young.get(key) or self.old.get(key))}
        fresh = {key: text for key, text in zip(keys, plain, strict=True) if key not in known}
        self.reused += len(texts) - len(fresh)
        if tick:
            tick(len(texts) - len(fresh))
        if fresh:
            logits = self.classifier.logits([*fresh.values()], tick=tick)
            known |= zip(fresh, _packed(logits, heads=self.heads), strict=True)
        self._remember(known)
        return _unpacked([known[key] for key in keys], heads=self.heads)

    def _remember(self, answers: dict[bytes, bytes]) -> None:
        if not self.most:
            return
        self.young |= answers
        if len(self.young) >= self.most:
            self.young, self.old = {}, self.young


def _packed(logits: Logits, *, heads: Mapping[str, int]) -> list[bytes]:
    """One answer each: its logits as float32, and whether the passage was cut off, and answered by a student."""
    rows = np.concatenate([logits.tasks[task] for task in heads], axis=1).astype("<f4")
    flags = logits.truncated.astype(np.uint8)
    if logits.student is not None:
        flags |= logits.student.astype(np.uint8) << 1
    return [row.tobytes() + bytes([flag]) for row, flag in zip(rows, flags.tolist(), strict=True)]


def _unpacked(answers: Sequence[bytes], *, heads: Mapping[str, int]) -> Logits:
    width = sum(heads.values())
    raw = np.frombuffer(b"".join(answers), dtype=[("logits", "<f4", (width,)), ("flags", "u1")])
    parts = np.split(raw["logits"], np.cumsum([*heads.values()])[:-1], axis=1)
    return Logits(
        tasks=dict(zip(heads, parts, strict=True)),
        truncated=(raw["flags"] & 1).astype(bool),
        student=(raw["flags"] & 2).astype(bool),
    )
