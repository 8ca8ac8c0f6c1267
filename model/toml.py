"""Read TOML that somebody wrote, and write it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from .errors import UserError

MOST_DOTS = 500


def read_toml(path: Path, *, way_out: str) -> dict[str, Any]:
    """The tables of a TOML file.

    Args:
        way_out: what to do where there is no such file ("Name a TOML file with --space FILE").

    Raises:
        UserError: no such file, not UTF-8, not TOML; with its path.
    """
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}. {way_out}") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not TOML: not UTF-8 at byte {error.start}. Save it as UTF-8") from None
    return parse_toml(text, place=str(path))


def parse_toml(text: str, *, place: str) -> dict[str, Any]:
    """The tables of a TOML text; `place` names it in errors.

    Raises:
        UserError: not TOML, or a line that the reader would take minutes for.
    """
    for number, line in enumerate(text.splitlines(), start=1):
        if line.count(".") > MOST_DOTS:  # a key of thousands of parts
            raise UserError(f"{place}, line {number}: has more than {MOST_DOTS} dots. Break it into several lines")
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UserError(f"{place}: not TOML: {error}") from None


def toml_string(text: str) -> str:
    """A basic string: JSON's, but TOML forbids a bare DEL and JSON leaves it."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def toml_value(value: object) -> str:
    """A string, number, boolean, list or table, inline."""
    if isinstance(value, str):
        return toml_string(value)
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{toml_string(k)} = {toml_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value)
