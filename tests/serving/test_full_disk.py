"""A disk without room, as the operating system plays it: no file may grow beyond a limit."""

from __future__ import annotations

import contextlib
import random
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

TEXT = "Ukrainian troops retook the village."


@contextlib.contextmanager
def room_for(size: int) -> Iterator[None]:
    """Writing beyond this many bytes of any file fails with an `OSError`."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def half_written(folder: Path) -> list[Path]:
    return list(folder.rglob("*.tmp"))


@pytest.fixture
def rows() -> list[dict]:
    """Three parts of four rows; the ids of the second part are too long for the disk."""
    noise = random.Random(0)
    return [{"id": noise.randbytes(50_000 if 4 <= n < 8 else 5).hex(), "text": TEXT} for n in range(12)]


def test_a_part_that_does_not_fit_is_not_there_and_the_run_goes_on_later(
    tmp_path, write_dump, score_dump, small_parts, rows
):
    dump = write_dump(rows)
    calm = score_dump(dump, out="calm", part=1)
    with room_for(50_000), pytest.raises(OSError, match=r"File too large|\[errno 27\]"):
        score_dump(dump, part=1)
    assert [path.name for path in (tmp_path / "scores" / "parts").iterdir()] == ["00000.parquet"]
    assert half_written(tmp_path / "scores") == []
    assert score_dump(dump, part=1).same_data(calm)


def test_errors_that_do_not_fit_leave_nothing_half_written(tmp_path, write_dump, score_dump, small_parts):
    noise = random.Random(0)
    rows = [{"id": "first", "text": TEXT}, *({"id": noise.randbytes(3_000).hex(), "text": ""} for _ in range(39))]
    dump = write_dump(rows)
    calm = score_dump(dump, out="calm", part=1)
    with room_for(60_000), pytest.raises(OSError, match=r"File too large|\[errno 27\]"):
        score_dump(dump, part=1)
    assert (tmp_path / "scores" / "parts" / "00002.parquet").exists()
    assert half_written(tmp_path / "scores") == []
    assert score_dump(dump, part=1).same_data(calm)


def test_a_disk_that_is_full_from_the_start_does_not_spoil_the_folder(tmp_path, score_dump, write_dump):
    dump = write_dump([{"id": 1, "text": TEXT}])
    with room_for(10), pytest.raises(OSError, match="File too large"):
        score_dump(dump)
    assert half_written(tmp_path / "scores") == []
    assert score_dump(dump).table.num_rows == 1
