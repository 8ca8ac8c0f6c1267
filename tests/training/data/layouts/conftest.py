"""Files of a layout to import, in a folder of their own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from narrashift.model.errors import UserError
from narrashift.training.data.layouts import Imported, import_labels


class Read(NamedTuple):
    """What an import wrote."""

    rows: list[dict[str, Any]]
    imported: Imported


def write_files(folder: Path, files: dict[str, Any]) -> None:
    """Text, bytes, or what is written as JSON (lines of it, where the name says so)."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif isinstance(content, str):
            path.write_text(content, "utf-8", newline="")
        elif name.endswith(".jsonl"):
            path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in content), "utf-8")
        else:
            path.write_text(json.dumps(content, ensure_ascii=False), "utf-8")


@pytest.fixture
def imported(tmp_path: Path, codebook: Any) -> Callable[..., Read]:
    """`imported({"a.json": tasks}, layout=…)`: rows of the corpus; with `made=True` a codebook is made."""

    def run(files: dict[str, Any], *, made: bool = False, **options: Any) -> Read:
        write_files(tmp_path / "data", files)
        new = {"codebook": None, "new_codebook": tmp_path / "made.toml"} if made else {"codebook": codebook}
        done = import_labels([tmp_path / "data"], out=tmp_path / "out.jsonl", **(new | options))
        lines = (tmp_path / "out.jsonl").read_text("utf-8").splitlines()
        return Read([json.loads(line) for line in lines], done)

    return run


@pytest.fixture
def problems(imported: Callable[..., Read], tmp_path: Path) -> Callable[..., list[str]]:
    """`problems(files, …)`: what is refused; nothing may have been written."""

    def run(files: dict[str, Any], **options: Any) -> list[str]:
        with pytest.raises(UserError) as caught:
            imported(files, **options)
        assert [path.name for path in tmp_path.iterdir()] == ["data"]
        return caught.value.problems

    return run
