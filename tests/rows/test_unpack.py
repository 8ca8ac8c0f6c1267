"""Packed files: frames, padding, breaks, and bombs."""

from __future__ import annotations

import gzip
import subprocess
import sys
import tracemalloc

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from narrashift.rows import BadRow, bounds

from .conftest import packed

LINE = b'{"text": "Kyiv holds."}\n'
QUICK = settings(max_examples=50, deadline=None, derandomize=True)
PACK = {".gz": lambda b: gzip.compress(b, 1), ".zst": lambda b: zstandard.compress(b, 1)}
both = pytest.mark.parametrize("way", [".gz", ".zst"])
every = pytest.mark.parametrize("way", [".gz", ".zst", ".zip"])


@QUICK
@given(pieces=st.lists(st.integers(0, 3), max_size=6), way=st.sampled_from([".gz", ".zst"]))
def test_frames_follow_one_another(read_file, pieces, way):
    rows = read_file(f"frames.jsonl{way}", b"".join(PACK[way](LINE * count) for count in pieces))
    assert [row.number for row in rows] == list(range(1, sum(pieces) + 1))


def test_a_gzip_file_may_be_padded_with_zeros(read_file):
    assert len(read_file("padded.jsonl.gz", gzip.compress(LINE) + bytes(200_000) + gzip.compress(LINE) + bytes(9))) == 2


def test_a_frame_that_zstandard_passes_over_is_passed_over(read_file):
    assert len(read_file("skip.jsonl.zst", b"\x50\x2a\x4d\x18\x04\0\0\0abcd" + zstandard.compress(LINE))) == 1


@both
def test_rubbish_behind_the_packed_bytes_is_told_after_the_rows(read_file, way):
    *rows, bad = read_file(f"tail.jsonl{way}", PACK[way](LINE * 3) + b"rubbish rubbish")
    assert len(rows) == 3
    assert (bad.number, "broken" in bad.reason) == (None, True)


@both
@pytest.mark.parametrize("left", [1, 4, 50])
def test_data_that_end_early_are_told_after_the_rows_before(read_file, way, left):
    whole = PACK[way](b"".join(b'{"n": "%d"}\n' % n**9 for n in range(20_000)))
    *rows, bad = read_file(f"cut.jsonl{way}", whole[:-left])
    assert (bad.number, "end early" in bad.reason) == (None, True)
    assert len(rows) > 1_000


@every
def test_a_bomb_is_refused_by_its_ratio(read_file, way, monkeypatch):
    monkeypatch.setattr(bounds, "RATIO_FROM", 1 << 20)
    *_, bad = read_file(*packed("bomb.csv", b"id,text\n" + b"," * (4 << 20), way))
    assert "a decompression bomb: unpacks to more than 500 times its size" in bad.reason


def test_a_bomb_packed_twice_is_held_against_the_file_itself(read_file, monkeypatch):
    monkeypatch.setattr(bounds, "RATIO_FROM", 1 << 20)
    (bad,) = read_file(*packed("bomb.txt.gz", gzip.compress(b" " * (16 << 20)), ".zip"))
    assert "a decompression bomb" in bad.reason


@every
def test_what_unpacks_to_too_much_is_refused_by_its_size(read_file, way, monkeypatch):
    monkeypatch.setattr(bounds, "MOST_UNPACKED", 1_000)
    *_, bad = read_file(*packed("large.csv", b"id,text\n" + b"1,a\n" * 300, way))
    assert "unpacks to more than" in bad.reason


def test_a_packed_table_is_unpacked_to_disk_within_bounds(read_file, monkeypatch):
    monkeypatch.setattr(bounds, "MOST_SPOOLED", 1 << 20)
    (bad,) = read_file("large.parquet.zst", zstandard.compress(b"abcdefgh" * (1 << 20)))
    assert "unpacks to more than 0 GiB. Unpack it first" in bad.reason


@pytest.mark.parametrize("name", ["lines.jsonl", "lines.csv"])
def test_what_repeats_itself_much_is_no_bomb(read_file, name):
    """Rows without text."""
    head = b"id,text\n" if name == "lines.csv" else b""
    content = head + (b",\n" if head else b'{"text": ""}\n') * 50_000
    rows = read_file(f"{name}.gz", gzip.compress(content))
    assert len(rows) == 50_000
    assert not any(isinstance(row, BadRow) for row in rows)


def test_zstandard_data_that_ask_for_too_much_memory_are_refused(read_file):
    much = zstandard.ZstdCompressionParameters(window_log=30)
    packer = zstandard.ZstdCompressor(compression_params=much).compressobj()
    (bad,) = read_file("window.jsonl.zst", packer.compress(LINE) + packer.flush())
    assert "too much memory" in bad.reason


@both
def test_a_gigabyte_of_zeros_is_refused_in_little_memory(scratch, way):
    """Measured in a process of its own: the most memory that it ever had."""
    name = f"zeros.jsonl{way}"
    (scratch / name).write_bytes(PACK[way](bytes(1 << 24)) * (1 << 6))
    program = (
        "import resource, sys; from pathlib import Path; from narrashift.rows import *\n"
        "rows = [r for e in name_inputs([Path(sys.argv[1])]) for r in read_rows(e, encoding='auto')]\n"
        "print(rows[-1].reason, file=sys.stderr)\n"
        "print(next(l for l in open('/proc/self/status') if l.startswith('VmHWM')).split()[1])"
    )
    ran = subprocess.run([sys.executable, "-c", program, scratch / name], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert "MiB" in ran.stderr or "bomb" in ran.stderr
    assert int(ran.stdout) < 200 << 10


def test_unpacking_holds_a_block_at_a_time(scratch, read_file):
    content = gzip.compress(LINE * 60_000)
    (scratch / "steady.jsonl.gz").write_bytes(content)
    tracemalloc.start()
    try:
        from narrashift.rows import read_rows

        assert sum(1 for _ in read_rows(scratch / "steady.jsonl.gz")) == 60_000
        assert tracemalloc.get_traced_memory()[1] < 12 << 20
    finally:
        tracemalloc.stop()
