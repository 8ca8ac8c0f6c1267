"""A large JSON document value by value, in bounded memory: a cursor over a stream of text."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from typing import Any

from . import bounds
from .nesting import too_deep

CHUNK = 1 << 16
SPACE = re.compile(r"[ \t\n\r]*")
MARKER = re.compile(r'"|\\|[\[{]+|[\]}]+')
NEAR = 16
"""Characters at the end of what was read in which an error may only mean that more has to be read."""


class BrokenJson(ValueError):
    """The document breaks here, so that what follows cannot be told."""


class Cursor:
    """Where we are in a document. Values are taken whole, or walked into with `items` and `members`."""

    def __init__(self, text: io.TextIOBase) -> None:
        self.text, self.buffer, self.at, self.passed, self.ended = text, "", 0, 0, False
        self.decoder = json.JSONDecoder()

    def peek(self) -> str:
        """The next character that is no white space, which stays; empty at the end."""
        while True:
            self.at = SPACE.match(self.buffer, self.at).end()  # type: ignore[union-attr]
            if self.at < len(self.buffer):
                return self.buffer[self.at]
            if not self._more():
                return ""

    def take(self, expected: str) -> str:
        """The next character, which has to be one of these."""
        found = self.peek()
        if not found or found not in expected:
            shown = " or ".join(map(repr, expected))
            raise self.broken(f"{shown} expected" if found else "the file ends early")
        self.at += 1
        return found

    def items(self) -> Iterator[None]:
        """Walk into a list: at each step the cursor stands before a value, which has to be taken."""
        yield from self._walk("[", "]")

    def members(self) -> Iterator[str]:
        """Walk into an object: each key, the cursor before its value, which has to be taken."""
        for _ in self._walk("{", "}"):
            key = self.value() if self.peek() == '"' else None
            if not isinstance(key, str):
                raise self.broken("a name in quotes expected")
            self.take(":")
            yield key

    def value(self) -> Any:
        """The next value.

        Raises:
            BrokenJson: there is none.
            Refused: it is too long or too deeply nested; the cursor stands behind it.
        """
        if not self.peek():
            raise self.broken("the file ends early")
        begin = self.passed + self.at
        while True:
            try:
                found, end = self.decoder.raw_decode(self.buffer, self.at)
            except json.JSONDecodeError as error:
                incomplete = error.msg.startswith("Unterminated") or error.pos >= len(self.buffer) - NEAR
                if not incomplete or self.ended:
                    raise self.broken(error.msg if not self.ended else f"{error.msg}; the file ends") from None
            except RecursionError:
                self.skip()
                raise Refused(f"nested in more than {bounds.DEEPEST} levels") from None
            except ValueError as error:  # a number of more digits than Python reads
                self.skip()
                raise Refused(str(error)) from None
            else:
                if end < len(self.buffer) or self.ended:  # else a number may go on
                    deep = too_deep(self.buffer[self.at : end], found)
                    self.at = end
                    if deep:
                        raise Refused(f"nested in more than {bounds.DEEPEST} levels")
                    return found
            if self.passed + len(self.buffer) - begin > bounds.LONGEST_LINE:
                self.skip()
                raise Refused(f"longer than {bounds.LONGEST_LINE >> 20} MiB")
            self._more(len(self.buffer) - self.at)

    def skip(self) -> None:
        """Pass over a value, however long, by its quotes and brackets alone."""
        first = self.peek()
        if first not in '"[{':
            while self.peek() not in ",]}" and self.peek():
                self.at += 1
            return
        depth, inside = 0, False
        while True:
            match = MARKER.search(self.buffer, self.at)
            if match is None:
                self.at = len(self.buffer)
                if not self._more():
                    raise self.broken("the file ends early")
                continue
            self.at = match.end()
            mark = match.group()
            if mark == "\\":
                if self.at == len(self.buffer) and not self._more():
                    raise self.broken("the file ends early")
                self.at += 1
            elif mark == '"':
                inside = not inside
            elif not inside:
                depth += len(mark) if mark[0] in "[{" else -len(mark)
            if not inside and depth <= 0:
                self.at += depth  # brackets behind the value belong to what it stands in
                return

    def broken(self, reason: str) -> BrokenJson:
        """An error at this place."""
        return BrokenJson(f"broken JSON at character {self.passed + self.at + 1}: {reason}")

    def _walk(self, opening: str, closing: str) -> Iterator[None]:
        self.take(opening)
        if self.peek() == closing:
            self.at += 1
            return
        while True:
            yield
            if self.take("," + closing) == closing:
                return

    def _more(self, least: int = 0) -> bool:
        """Read on, and forget what is behind the cursor; False at the end of the stream."""
        new = self.text.read(max(CHUNK, least))  # as much again: a long value is parsed a few times only
        self.ended = not new
        self.passed += self.at
        self.buffer, self.at = self.buffer[self.at :] + new, 0
        return not self.ended


class Refused(ValueError):
    """A value that is passed over, and why; the next can be read."""
