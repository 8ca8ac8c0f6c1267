"""Rows of dumps and corpora, one at a time, each with its place. Shared by training and serving."""

from __future__ import annotations

from .encodings import AUTO, check_encoding
from .estimate import estimate_rows
from .find import find_files
from .formats import FORMATS, LABELLED, Format, file_format
from .inputs import Input, file_names, name_inputs
from .read import read_rows, settled_encoding
from .row import BadRow, Row

__all__ = [
    "AUTO",
    "FORMATS",
    "LABELLED",
    "BadRow",
    "Format",
    "Input",
    "Row",
    "check_encoding",
    "estimate_rows",
    "file_format",
    "file_names",
    "find_files",
    "name_inputs",
    "read_rows",
    "settled_encoding",
]
