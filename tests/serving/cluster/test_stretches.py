from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrashift import UserError
from narrashift.serving.articles import Position, read_articles
from narrashift.serving.cluster.stretches import SHARD_BYTES, read_stretches, shards

SIZES = st.lists(st.sampled_from([0, 1, SHARD_BYTES // 3, SHARD_BYTES, 10 * SHARD_BYTES]), max_size=30)


@given(SIZES)
@settings(max_examples=50, deadline=None, derandomize=True)
def test_shards_tile_the_files_in_order(sizes):
    cut = shards(sizes)
    assert [file for shard in cut for file in range(shard.first, shard.end)] == list(range(len(sizes)))
    assert [shard.index for shard in cut] == list(range(len(cut)))
    assert all(sum(sizes[shard.first : shard.end - 1]) < SHARD_BYTES for shard in cut)
    assert all(sum(sizes[shard.first : shard.end]) >= SHARD_BYTES for shard in cut[:-1])


@pytest.fixture
def dump(write_dump, articles, planned):
    """A plan over three files with refused rows, their sizes, and all of their articles in order."""
    files = [
        write_dump([*articles[:12], "{", {"id": 99, "text": ""}], "a.jsonl"),
        write_dump(articles[12:14], "b.jsonl"),
        write_dump(articles[14:], "c.jsonl"),
    ]
    plan = planned(files)
    sizes = [entry["bytes"] for entry in plan.identity["input"]]
    options = {"columns": plan.columns, "settings": plan.settings}
    return plan, sizes, [*read_articles(plan.inputs, after=Position(), **options)]


def read(plan, sizes, shard):
    return [*read_stretches(shard, inputs=plan.inputs, sizes=sizes, columns=plan.columns, settings=plan.settings)]


def test_stretches_hold_every_row_once_and_in_order(dump, few_bytes):
    plan, sizes, every = dump
    found = [stretch for shard in shards(sizes) for stretch in read(plan, sizes, shard)]
    assert len(shards(sizes)) >= 2 and len(found) >= 6
    assert [item for stretch in found for item in stretch.items] == every
    assert [stretch.name for stretch in found] == sorted(stretch.name for stretch in found)
    assert [s.shard for s in found if s.last] == [shard.index for shard in shards(sizes)]
    assert all(0 < len(stretch.items) <= plan.settings.part for stretch in found)


def test_long_articles_fill_a_stretch_too(write_dump, planned):
    plan = planned([write_dump([{"id": n, "text": "Kyiv holds. " * 200} for n in range(4)])], part=5)
    [shard] = shards([1])
    sizes = [entry["bytes"] for entry in plan.identity["input"]]
    assert [len(stretch.items) for stretch in read(plan, sizes, shard)] == [1, 1, 1, 1]


@pytest.mark.parametrize("written", [{0}, {0, 1, 2}, {0, 1, 4}, {2, 3}])
def test_what_is_written_is_not_read_again(dump, written):
    plan, sizes, _ = dump
    [shard] = shards(sizes)
    every = read(plan, sizes, shard)
    number = next(n for n in range(99) if n not in written)
    after = every[number - 1].items[-1].at if number else Position()
    left = read(plan, sizes, replace(shard, after=after, number=number, written=frozenset(written)))
    assert left == [stretch for stretch in every if stretch.number not in written]


def test_a_machine_that_sees_another_file_says_so(dump):
    plan, sizes, _ = dump
    [shard] = shards(sizes)
    with pytest.raises(UserError, match=r"b.jsonl: has [\d,]+ bytes on a machine of the cluster, it had 7 when"):
        read(plan, [sizes[0], 7, sizes[2]], shard)
    plan.inputs[2].path.unlink()
    with pytest.raises(UserError, match=r"c.jsonl: not to be read on a machine .*must lie where every machine sees"):
        read(plan, sizes, shard)
