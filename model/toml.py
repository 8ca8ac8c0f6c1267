"""Write TOML."""

from __future__ import annotations

import json


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
