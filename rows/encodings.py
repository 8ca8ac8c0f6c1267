"""Names of encodings, and what to say where bytes do not fit one."""

from __future__ import annotations

import codecs

from ..model.errors import UserError

AUTO = "auto"


def check_encoding(encoding: str) -> None:
    """Raise a `UserError` for what is neither an encoding of text nor `auto`."""
    if encoding != AUTO and not is_encoding(encoding):
        raise UserError(f"--encoding {encoding}: no such encoding (auto, utf-8, cp1251, koi8-u, latin-1, utf-16, …)")


def is_encoding(name: str) -> bool:
    """Whether Python knows an encoding of text by this name."""
    try:
        return codecs.lookup(name)._is_text_encoding
    except (LookupError, ValueError, UnicodeError):
        return False


def encoding_reason(encoding: str, byte: int | None = None) -> str:
    """Why bytes are refused that are not of this encoding."""
    at = "" if byte is None else f" at byte {byte}"
    return f"not {encoding.upper()}{at}. Save it as UTF-8, or name its encoding: --encoding cp1251"


def escaped(text: str) -> bool:
    """Whether the text holds bytes that did not decode (PEP 383)."""
    return not text.isascii() and any("\udc80" <= c <= "\udcff" for c in text)
