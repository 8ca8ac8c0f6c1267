"""Rows of labelled data, wherever they lie: files, folders, saved `datasets` folders, datasets in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ...model.errors import UserError, first_line
from ...rows import LABELLED, BadRow, Row, check_encoding, file_format, find_files, name_inputs, read_rows


def rows_of_files(data: Iterable[Path | str] | Path | str, *, encoding: str) -> Iterator[Row | BadRow]:
    """Rows of files and folders in their order; what cannot be read at all comes as a `BadRow`."""
    check_encoding(encoding)
    files: list[Path] = []
    for path in map(Path, [data] if isinstance(data, str | Path) else data):
        if is_saved_dataset(path):
            yield from _saved_dataset(path)
            continue
        try:
            found = find_files([path])
        except UserError as error:
            yield BadRow(str(path), None, str(error).removeprefix(f"{path}: "))
            continue
        if found == [path] and not _labelled(path):
            yield BadRow(str(path), None, "plain text has no labels. A corpus is JSONL, CSV, TSV or Parquet")
        files += filter(_labelled, found)
    files = list({file.resolve(): file for file in reversed(files)}.values())[::-1]  # a file named twice is one
    for entry in name_inputs(files):
        if entry.refused is None and entry.format not in LABELLED:
            continue
        empty = True
        for row in read_rows(entry, encoding=encoding):
            empty = False
            yield row
        if empty:
            yield BadRow(entry.name, None, "empty: there is no passage in it")


def is_saved_dataset(path: Path) -> bool:
    """Whether this is a folder that `save_to_disk` of `datasets` wrote."""
    return (path / "dataset_info.json").is_file() or (path / "dataset_dict.json").is_file()


def _labelled(file: Path) -> bool:
    """Whether a file can hold labels, or is a zip file, whose members may."""
    return file_format(file) in (None, *LABELLED)


def rows_of_dataset(dataset: Any, *, name: str = "dataset") -> Iterator[Row]:
    """Rows of a `datasets.Dataset`, a `DatasetDict` or any iterable of dicts; class labels by their names."""
    if isinstance(dataset, Mapping):
        for split, part in dataset.items():
            for row in rows_of_dataset(part, name=f"{name}/{split}"):
                yield Row(row.file, row.number, {"split": split, **row.values})
        return
    names = class_names(getattr(dataset, "features", None) or {})
    for number, values in enumerate(dataset, start=1):
        yield Row(name, number, {key: named_class(value, names.get(key)) for key, value in dict(values).items()})


def _saved_dataset(path: Path) -> Iterator[Row | BadRow]:
    import datasets

    try:
        loaded = datasets.load_from_disk(str(path))
    except Exception as error:  # Arrow, JSON, file system: whatever a broken folder raises
        yield BadRow(path.name, None, f"not a readable datasets folder: {first_line(error)}")
        return
    yield from rows_of_dataset(loaded, name=path.name)


def class_names(features: Mapping[str, Any]) -> dict[str, list[str]]:
    """Column -> names, for columns of type ClassLabel or lists of it."""
    inner = {key: getattr(feature, "feature", feature) for key, feature in features.items()}
    return {key: feature.names for key, feature in inner.items() if hasattr(feature, "int2str")}


def named_class(value: Any, names: list[str] | None) -> Any:
    """A class by its name, where the column has names; -1 is no class."""
    if names is None or value is None:
        return value
    if isinstance(value, list):
        return [named_class(inner, names) for inner in value]
    return names[value] if isinstance(value, int) and 0 <= value < len(names) else None if value == -1 else value
