"""Parquet and Arrow (IPC files, also Feather, and streams): tables in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from . import bounds
from .inputs import Input
from .row import BadRow, Row
from .separated import named_twice
from .stream import seekable

BATCH = 10
"""Rows taken at once. Larger batches are no faster, and a value may stand in every row of one."""
MANY = 1_000_000
"""Rows from which on their number is held against the size of the file."""


def read_parquet(source: Input, encoding: str, skip: int) -> Iterator[Row | BadRow]:
    """Rows of a Parquet file; row groups that are passed over whole are not read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with seekable(source) as file, pq.ParquetFile(file, buffer_size=1 << 20) as table:
            size = file.stat().st_size if hasattr(file, "stat") else file.seek(0, 2)
            # of the metadata only what is safe to ask for: those of a damaged column end the process
            groups = [table.metadata.row_group(i) for i in range(table.num_row_groups)]
            sizes = [group.total_byte_size for group in groups]
            refused = _bomb(table.metadata.num_rows, unpacked=sum(sizes), size=size)
            if refused:
                yield BadRow(source.name, None, refused)
                return
            few = max(1, min(BATCH, bounds.MOST_AT_ONCE // max([1, *sizes])))  # as if each value were its group's all
            stretches = (
                (group.num_rows, table.iter_batches(batch_size=few, row_groups=[i])) for i, group in enumerate(groups)
            )
            yield from _rows(stretches, table.schema_arrow.names, source, size=size, skip=skip)
    except (pa.ArrowException, UnicodeDecodeError, ValueError) as error:
        yield BadRow(source.name, None, f"not a readable Parquet file: {_first_line(error)}")


def read_arrow(source: Input, encoding: str, skip: int) -> Iterator[Row | BadRow]:
    """Rows of an Arrow IPC file or stream. Every batch is validated first: its offsets could point anywhere."""
    import pyarrow as pa

    try:
        with seekable(source) as place, pa.input_stream(place, compression=None) as file:
            size = file.size()
            is_file = file.read(6) == b"ARROW1"
            file.seek(0)
            reader = pa.ipc.open_file(file) if is_file else pa.ipc.open_stream(file)
            batches = (reader.get_batch(i) for i in range(reader.num_record_batches)) if is_file else reader
            stretches = ((len(batch), [_valid(batch, size=size)]) for batch in batches)
            yield from _rows(stretches, reader.schema.names, source, size=size, skip=skip)
    except (pa.ArrowException, UnicodeDecodeError, ValueError) as error:
        yield BadRow(source.name, None, f"not a readable Arrow file: {_first_line(error)}")


def _rows(
    stretches: Iterator[tuple[int, Iterable[Any]]], names: list[str], source: Input, *, size: int, skip: int
) -> Iterator[Row | BadRow]:
    """Rows of stretches of a table, of which each comes with the number of its rows and as batches."""
    if len(set(names)) < len(names):
        yield BadRow(source.name, None, named_twice(names))
        return
    end = 0
    for rows, batches in stretches:
        number, end, unpacked = end, end + rows, 0
        if end <= skip:
            continue
        for few in _few_at_once(batches):
            unpacked += few.nbytes
            refused = _bomb(0, unpacked=unpacked, size=size)
            if refused:
                yield BadRow(source.name, None, f"unreadable after row {max(number, skip)}: {refused}")
                return
            for values in _batch_values(few):
                number += 1
                if number > end:
                    yield BadRow(source.name, None, f"unreadable after row {end}: more rows than the file says")
                    return
                if number <= skip:
                    continue
                if isinstance(values, dict):
                    yield Row(source.name, number, values)
                else:
                    yield BadRow(source.name, number, values)


def _few_at_once(batches: Iterable[Any]) -> Iterator[Any]:
    """Small batches, with the values themselves in place of their numbers in a dictionary."""
    import pyarrow as pa

    for batch in batches:
        for start in range(0, len(batch), BATCH):
            few = batch.slice(start, BATCH)
            columns = [c.dictionary_decode() if pa.types.is_dictionary(c.type) else c for c in few.columns]
            yield pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _batch_values(batch: Any) -> Iterator[dict[str, Any] | str]:
    """Rows of an Arrow batch; the reason in place of one that holds too much, or what Python cannot (no such date)."""
    import pyarrow as pa

    if batch.nbytes <= bounds.LONGEST_LINE:
        try:
            yield from batch.to_pylist()
            return
        except (ValueError, OverflowError, pa.ArrowException):
            pass
    for index in range(len(batch)):
        row = batch.slice(index, 1)
        try:
            if row.nbytes > bounds.LONGEST_LINE:
                yield f"longer than {bounds.LONGEST_LINE >> 20} MiB"
            else:
                yield row.to_pylist()[0]
        except (ValueError, OverflowError, pa.ArrowException) as error:
            yield f"holds a value that cannot be read: {_first_line(error)}"


def _valid(batch: Any, *, size: int) -> Any:
    """The batch, if all in it is where it should be.

    Raises:
        ValueError: it is not, or the batch claims more than its file can hold.
    """
    refused = _bomb(len(batch), unpacked=batch.nbytes, size=size)
    if refused:
        raise ValueError(refused)
    batch.validate(full=True)
    return batch


def _bomb(rows: int, *, unpacked: int, size: int) -> str | None:
    """Why a file is not read that by its own account holds too much (bytes)."""
    if unpacked > max(bounds.RATIO_FROM, bounds.MOST_RATIO * size):
        return f"a decompression bomb: {unpacked >> 20} MiB in {size:,} bytes"
    if rows > max(MANY, bounds.MOST_RATIO * size):
        return f"a decompression bomb: {rows:,} rows in {size:,} bytes"
    return None


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
