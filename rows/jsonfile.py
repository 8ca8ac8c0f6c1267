"""One JSON document a file: a list of records, an object of records, or an export of Telegram."""

from __future__ import annotations

import codecs
import contextlib
import io
import re
from collections.abc import Iterator
from typing import Any

from .inputs import Input
from .jsonstream import BrokenJson, Cursor, Refused
from .row import BadRow, Row
from .stream import open_stream
from .telegram import message_columns

EXPORT = re.compile(rb'\s*\{\s*"(?:name|about)"\s*:.*?"(?:messages|personal_information|chats)"\s*:\s*[\[{]', re.DOTALL)
"""How an export of Telegram Desktop begins: of one chat with its name, of all of them with what it is about."""
LOOKED_AT = 1 << 16

Record = tuple[Any, str]
"""A value, or a `Refused`, and its key or unit."""


def read_json(source: Input, encoding: str, skip: int) -> Iterator[Row | BadRow]:
    """Records of a list, of an object (its keys are ids where records have none) or of lists in an object.

    An export of Telegram is known by how it begins.
    """
    with open_stream(source) as file:
        exported = EXPORT.match(file.peek(LOOKED_AT)[:LOOKED_AT].removeprefix(codecs.BOM_UTF8))
        if exported:
            yield from _numbered(_messages(_cursor(file, encoding)), source, skip, unit="message")
        else:
            yield from _numbered(_records(_cursor(file, encoding)), source, skip, unit="record")


def read_telegram(source: Input, encoding: str, skip: int) -> Iterator[Row | BadRow]:
    """Messages of one chat, or of all chats of an account; service messages are passed over."""
    with open_stream(source) as file:
        yield from _numbered(_messages(_cursor(file, encoding)), source, skip, unit="message")


def _cursor(file: io.BufferedReader, encoding: str) -> Cursor:
    name = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
    return Cursor(io.TextIOWrapper(file, encoding=name, errors="surrogateescape"))


def _numbered(found: Iterator[Any], source: Input, skip: int, *, unit: str) -> Iterator[Row | BadRow]:
    """Rows of what was found, counted from 1; None is counted and passed over."""
    number = 0
    try:
        for values in found:
            number += 1
            if number <= skip or values is None:
                continue
            if isinstance(values, dict):
                yield Row(source.name, number, values, unit)
            else:
                yield BadRow(source.name, number, str(values), unit)
    except BrokenJson as error:
        yield BadRow(source.name, None, f"unreadable after {unit} {max(number, skip)}: {error}")


def _records(cursor: Cursor) -> Iterator[dict[str, Any] | str]:
    if cursor.peek() == "[":
        yield from _listed(cursor)
    else:
        for key in cursor.members():
            if cursor.peek() == "[":
                yield from _listed(cursor)
            elif cursor.peek() == "{":
                values = _taken(cursor)
                yield {"id": key, **values} if isinstance(values, dict) else values
            else:
                _taken(cursor)  # a count, a date: what is said about the records
    _end(cursor)


def _listed(cursor: Cursor) -> Iterator[dict[str, Any] | str]:
    for _ in cursor.items():
        yield _taken(cursor)


def _taken(cursor: Cursor) -> Any:
    """The next value if it is an object, else what is wrong with it."""
    try:
        values = cursor.value()
    except Refused as refused:
        return str(refused)
    return values if isinstance(values, dict) else f"a JSON object is expected, here is {str(values)[:40]!r}"


def _messages(cursor: Cursor) -> Iterator[dict[str, Any] | str | None]:
    chat: dict[str, Any] = {}
    for key in cursor.members():
        if key == "messages" and cursor.peek() == "[":
            yield from _chat(cursor, chat)
        elif key in ("chats", "left_chats") and cursor.peek() == "{":
            for inner in cursor.members():
                if inner == "list" and cursor.peek() == "[":
                    for _ in cursor.items():
                        if cursor.peek() == "{":
                            yield from _one_of_many(cursor)
                        else:
                            cursor.skip()
                else:
                    cursor.skip()
        else:
            _note(cursor, chat, key)
    _end(cursor)


def _one_of_many(cursor: Cursor) -> Iterator[dict[str, Any] | str | None]:
    chat: dict[str, Any] = {}
    for key in cursor.members():
        if key == "messages" and cursor.peek() == "[":
            yield from _chat(cursor, chat)
        else:
            _note(cursor, chat, key)


def _chat(cursor: Cursor, chat: dict[str, Any]) -> Iterator[dict[str, Any] | str | None]:
    for values in _listed(cursor):
        yield message_columns(values, chat=chat) if isinstance(values, dict) else values


def _note(cursor: Cursor, chat: dict[str, Any], key: str) -> None:
    """What is said about a chat before its messages; anything longer is passed over."""
    if key in ("name", "type", "id") and cursor.peek() not in "[{":
        with contextlib.suppress(Refused):
            chat[key] = cursor.value()
    else:
        cursor.skip()


def _end(cursor: Cursor) -> None:
    if cursor.peek():
        raise cursor.broken("the document has ended, but here is more")
