"""The scores once more as one CSV file that a spreadsheet opens and never runs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow.csv import CSVWriter, WriteOptions

from ..model.folders import whole_file

CSV_FILE = "scores.csv"
DIGITS = 4
"""Of probabilities; the Parquet parts have all."""
ROWS_AT_ONCE = 20_000

_SIGN = "[=+\\-@＝＋－＠]"
_SPACE = "[\\pZ\\x00-\\x20\\x7f-\\x{a0}\\x{ad}\\x{200b}-\\x{200f}\\x{2060}\\x{feff}]"
_SPACE_IN_LINE = "[\\p{Zs}\\x00-\\x08\\x0b\\x0c\\x0e-\\x20\\x7f-\\x{a0}\\x{ad}\\x{200b}-\\x{200f}\\x{2060}\\x{feff}]"
FORMULA = f"^('*(?:[\\t\\r\\n]|{_SPACE}*{_SIGN}))"
"""The beginning of a cell that a spreadsheet may run, behind white space that it may drop."""
FORMULA_INSIDE = f"([;\\t\\r\\n])('*{_SPACE_IN_LINE}*{_SIGN})"
"""The same where a spreadsheet that separates by another sign (Excel, where the decimal sign is a comma) may begin a
cell. What is quoted by our separator is not quoted by theirs."""


def write_csv(path: Path, *, parts: Sequence[Path]) -> None:
    """Write the rows of all parts: lists joined by `|`, probabilities with four digits, text made harmless.

    UTF-8 with a byte order mark, without which Excel takes Cyrillic for Latin. Appears whole or not at all.
    """
    with whole_file(path) as temporary, temporary.open("wb") as file:
        writer: CSVWriter | None = None
        for part in parts:
            with pq.ParquetFile(part) as table:
                for batch in table.iter_batches(batch_size=ROWS_AT_ONCE):
                    cells = {name: _cells(column) for name, column in zip(batch.schema.names, batch, strict=True)}
                    plain = pa.RecordBatch.from_arrays([*cells.values()], names=[*cells])
                    if writer is None:
                        file.write(_header(batch.schema.names))
                        writer = CSVWriter(file, plain.schema, write_options=WriteOptions(include_header=False))
                    writer.write_batch(plain)
        if writer is not None:
            writer.close()


def harmless(text: pa.Array) -> pa.Array:
    """Strings with `'` before what a spreadsheet might take for a formula (OWASP, "CSV Injection").

    At the beginning, and inside behind `;`, tab and line breaks. What already has such a `'` gets one more, so that
    taking one away at each such place gives the text back.
    """
    inside = pc.replace_substring_regex(text, pattern=FORMULA_INSIDE, replacement=r"\1'\2")
    return pc.replace_substring_regex(inside, pattern=FORMULA, replacement=r"'\1")


def _header(names: Sequence[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(harmless(pa.array(names)).to_pylist())
    return line.getvalue().encode("utf-8-sig")


def _cells(column: pa.Array) -> Any:
    """A column as the file has it: numbers as they are, anything else as harmless text."""
    kind = column.type
    if pa.types.is_float32(kind):
        return pc.round(column, ndigits=DIGITS)
    if pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return column
    if pa.types.is_list(kind) and pa.types.is_nested(kind.value_type):
        return harmless(pa.array([json.dumps(value, ensure_ascii=False) for value in column.to_pylist()], pa.string()))
    if pa.types.is_list(kind):
        return harmless(pc.binary_join(column, "|"))
    if pa.types.is_string(kind):
        return harmless(column)
    if pa.types.is_date(kind) or pa.types.is_time(kind) or pa.types.is_timestamp(kind) or pa.types.is_decimal(kind):
        return column.cast(pa.string())
    return harmless(pa.array([None if value is None else str(value) for value in column.to_pylist()], pa.string()))
