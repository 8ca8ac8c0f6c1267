"""Stretches scored by workers in this process, in any order, into a folder that is opened again and again."""

from __future__ import annotations

import json
import random

import pyarrow.parquet as pq
import pytest

import narrashift
from narrashift import UserError
from narrashift.serving.cluster.folder import StretchFolder, Written
from narrashift.serving.cluster.stretches import shards
from narrashift.serving.cluster.worker import ScoreWorker, read_batch
from narrashift.serving.settings import ScoreSettings


@pytest.fixture
def dump(write_dump, articles):
    broken = ["{", {"id": 99, "text": ""}]
    return [write_dump([*articles[:12], *broken], "a.jsonl"), write_dump([*broken, *articles[12:]], "b.jsonl")]


@pytest.fixture
def expected(dump, exported_bundle, tmp_path, read_folder):
    """What a run on this machine writes."""
    out = tmp_path / "local"
    narrashift.score(dump, model=exported_bundle, out=out, settings=ScoreSettings(part=5, engine="onnx-int8"))
    return read_folder(out)


def work(plan, worker, *, most=10**6, seed=0):
    """One run of a driver without Ray: the stretches that are left, shuffled; at most so many of them."""
    sizes = [entry["bytes"] for entry in plan.identity["input"]]
    with StretchFolder(plan.out, plan.identity | {"on": "ray"}) as folder:
        if folder.done:
            return 0, folder
        left = folder.open_shards(shards(sizes))
        options = {"inputs": plan.inputs, "sizes": sizes, "columns": plan.columns, "settings": plan.settings}
        batches = [
            {"stretch": batch["stretch"]}
            for shard in left
            for batch in read_batch({"shard": FakeColumn([shard.index])}, shards={s.index: s for s in left}, **options)
        ]
        random.Random(seed).shuffle(batches)
        for batch in batches[:most]:
            [said] = map(json.loads, worker(batch)["said"])
            if "problem" in said:
                raise UserError(said["problem"])
            folder.add(said["name"], Written.from_json(said["written"]))
        if len(batches) <= most:
            folder.finish()
        return len(batches), folder


class FakeColumn(list):
    def tolist(self):
        return list(self)


def test_any_order_gives_the_table_of_this_machine(dump, planned, worker_of, expected, read_folder, few_bytes):
    plan = planned(dump)
    plan.out.mkdir()
    _, folder = work(plan, worker_of(plan), seed=7)
    assert read_folder(plan.out).same_data(expected)
    local = json.loads((expected.folder / "progress.json").read_text("utf-8"))
    ours = json.loads((plan.out / "progress.json").read_text("utf-8"))
    same = ("done", "rows", "articles", "passages", "refused")
    assert {key: ours[key] for key in same} == {key: local[key] for key in same}
    assert ours["parts"] == len(folder.written) == len([*(plan.out / "parts").iterdir()])


def test_runs_that_stop_anywhere_lose_and_double_nothing(dump, planned, worker_of, expected, read_folder, few_bytes):
    plan = planned(dump)
    plan.out.mkdir()
    worker = worker_of(plan)
    left = [work(plan, worker, most=2, seed=seed)[0] for seed in range(3)]
    assert left == [left[0], left[0] - 2, left[0] - 4] and left[-1] > 2
    work(plan, worker)
    assert read_folder(plan.out).same_data(expected)
    assert work(plan, worker)[0] == 0


def test_a_lost_part_is_scored_again_with_its_errors(dump, planned, worker_of, expected, read_folder):
    plan = planned(dump)
    plan.out.mkdir()
    worker = worker_of(plan)
    work(plan, worker)
    parts = sorted((plan.out / "parts").iterdir())
    parts[1].unlink()
    (plan.out / "parts" / f".{parts[2].name}.0123.tmp").write_bytes(b"half")
    again, _ = work(plan, worker)
    assert 1 < again < len(parts)  # the lost one, and those whose errors went into `errors.parquet`
    assert read_folder(plan.out).same_data(expected)
    assert not [*(plan.out / "parts").glob(".*")]


def test_a_part_that_is_there_is_not_written_again(dump, planned, worker_of):
    plan = planned(dump)
    plan.out.mkdir()
    worker = worker_of(plan)
    work(plan, worker)
    [first, *_] = sorted((plan.out / "parts").iterdir())
    before = first.stat().st_mtime_ns
    [shard] = shards([1])
    options = {"inputs": plan.inputs, "columns": plan.columns, "settings": plan.settings}
    sizes = [entry["bytes"] for entry in plan.identity["input"]]
    batch = next(read_batch({"shard": FakeColumn([0])}, shards={0: shard}, sizes=sizes, **options))
    [said] = map(json.loads, worker(batch)["said"])
    assert said["name"] == first.stem
    assert first.stat().st_mtime_ns == before


def test_a_broken_part_is_named(dump, planned, worker_of):
    plan = planned(dump)
    plan.out.mkdir()
    work(plan, worker_of(plan), most=2)
    [first, _] = sorted((plan.out / "parts").iterdir())
    first.write_bytes(first.read_bytes()[:-9])
    with pytest.raises(UserError, match=f"{first.name}: broken .* Delete it, and start again"):
        work(plan, worker_of(plan))


def test_what_this_machine_began_is_not_gone_on_with_on_ray_nor_the_other_way(
    dump, planned, worker_of, expected, exported_bundle
):
    plan = planned(dump)
    with pytest.raises(UserError, match=r'holds another run \(on: null there, "ray" here\)'):
        StretchFolder(expected.folder, plan.identity | {"on": "ray"}).__enter__()
    plan.out.mkdir()
    work(plan, worker_of(plan), most=2)
    with pytest.raises(UserError, match=r'holds another run \(on: "ray" there, null here\)'):
        narrashift.score(dump, model=exported_bundle, out=plan.out, settings=ScoreSettings(part=5, engine="onnx-int8"))


def test_what_a_machine_does_not_see_is_one_line(dump, planned, worker_of, tmp_path):
    plan = planned(dump)
    plan.out.mkdir()
    for other, said in (
        ({"bundle": tmp_path / "nowhere"}, "nowhere: no bundle here"),
        ({"digest": "0123"}, r"another bundle \(.*\) on a machine of the cluster"),
        ({"out": tmp_path / "nowhere"}, "nowhere: not there on a machine of the cluster. Dump, model and --out must"),
    ):
        with pytest.raises(UserError, match=said):
            work(plan, worker_of(plan, **other))
    dump[0].unlink()
    with pytest.raises(UserError, match="a.jsonl: not to be read on a machine of the cluster"):
        work(plan, worker_of(plan))


def test_a_disk_that_refuses_is_one_line(dump, planned, worker_of, monkeypatch):
    plan = planned(dump)
    plan.out.mkdir()

    def full(*args, **options):
        raise OSError(28, "No space left on device")

    worker: ScoreWorker = worker_of(plan)
    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(UserError, match=f"{plan.out}: No space left on device"):
        work(plan, worker)
    assert not [*(plan.out / "parts").iterdir()]
