"""Which files are read: links, pipes, and what has an ending of another kind."""

from __future__ import annotations

import os

import pytest

from narrashift import UserError
from narrashift.rows import BadRow, find_files, name_inputs, read_rows


def test_links_to_files_are_followed_and_circles_of_folders_end(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.jsonl").write_text('{"text": "a"}\n', "utf-8")
    dump = tmp_path / "dump"
    (dump / "inner").mkdir(parents=True)
    (dump / "inner" / "link.jsonl").symlink_to(outside / "a.jsonl")
    (dump / "inner" / "circle").symlink_to(dump)
    (dump / "circle.jsonl").symlink_to(dump)
    assert find_files([dump]) == [dump / "inner" / "link.jsonl"]


def test_a_link_that_leads_nowhere_or_to_itself_is_set_aside(tmp_path):
    (tmp_path / "gone.jsonl").symlink_to(tmp_path / "nowhere")
    (tmp_path / "self.csv").symlink_to(tmp_path / "self.csv")
    rows = [row for entry in name_inputs(find_files([tmp_path])) for row in read_rows(entry)]
    assert [(type(row), row.number) for row in rows] == [(BadRow, None)] * 2
    assert not any(str(tmp_path) in row.reason for row in rows)


def test_a_pipe_is_refused_with_the_way_out(tmp_path):
    os.mkfifo(tmp_path / "pipe.jsonl")
    with pytest.raises(UserError, match="standard input"):
        find_files([tmp_path / "pipe.jsonl"])
    with pytest.raises(UserError, match="no file to read"):
        find_files([tmp_path])


def test_with_a_format_every_file_counts(tmp_path):
    (tmp_path / "part-0001").write_text('{"text": "a"}\n', "utf-8")
    with pytest.raises(UserError, match="unknown file type"):
        find_files([tmp_path / "part-0001"])
    assert find_files([tmp_path], format="jsonl") == [tmp_path / "part-0001"]


def test_thousands_of_small_files_are_found_and_named_quickly(tmp_path):
    """Nothing is done for each pair of files, and none stays open."""
    for number in range(3_000):
        os.close(os.open(tmp_path / f"{number}.html", os.O_CREAT))
    opened = len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 0  # noqa: PTH110, PTH208
    inputs = name_inputs(find_files([tmp_path]))
    assert len({entry.name for entry in inputs}) == 3_000
    assert not opened or len(os.listdir("/proc/self/fd")) == opened  # noqa: PTH208
