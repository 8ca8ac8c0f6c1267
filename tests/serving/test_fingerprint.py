from __future__ import annotations

import gzip
import json
import shutil
import tracemalloc

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrashift.model.bundle import open_bundle
from narrashift.rows import estimate_rows, name_inputs
from narrashift.serving.articles import plan_columns
from narrashift.serving.engines import choose_engine
from narrashift.serving.fingerprint import fingerprint
from narrashift.serving.settings import ScoreSettings

LINE = b'{"id": 1, "text": "Kyiv holds."}\n'


@pytest.fixture(scope="module")
def identify(tiny_bundle):
    """The fingerprint of files, and how many rows it counted."""

    def of(*files, bundle=tiny_bundle, **chosen):
        inputs, settings_ = name_inputs(list(files)), ScoreSettings(**chosen)
        opened, columns = open_bundle(bundle), plan_columns(inputs, settings=settings_, taken=())
        engine = choose_engine(opened, settings=settings_)
        return fingerprint(bundle=opened, engine=engine, settings=settings_, inputs=inputs, columns=columns)

    return of


def test_a_fingerprint_can_be_stored_and_read_back(identify, tmp_path):
    (tmp_path / "a.jsonl").write_bytes(LINE)
    found, _ = identify(tmp_path / "a.jsonl")
    assert json.loads(json.dumps(found)) == found
    assert set(found) == {"bundle", "codebook", "decision", "engine", "settings", "columns", "input"}


@settings(max_examples=30, deadline=None, derandomize=True)
@given(place=st.integers(0, 2 * len(LINE) - 1), byte=st.integers(0, 255))
def test_any_byte_of_the_input_changes_it(identify, tmp_path_factory, place, byte):
    path = tmp_path_factory.getbasetemp() / "byte.jsonl"
    content = LINE * 3
    changed = bytearray(content)
    changed[place] = byte
    path.write_bytes(content)
    before, _ = identify(path)
    path.write_bytes(changed)
    after, _ = identify(path)
    assert (before == after) == (bytes(changed) == content)


def test_the_same_file_elsewhere_is_the_same_input(identify, tmp_path):
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.jsonl").write_bytes(LINE)
    assert identify(tmp_path / "here" / "a.jsonl") == identify(tmp_path / "there" / "a.jsonl")


def test_the_order_of_files_changes_it(identify, tmp_path):
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_bytes(LINE)
    files = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    assert identify(*files) != identify(*reversed(files))


def test_the_engine_and_its_file_change_it_and_threads_do_not(identify, exported_bundle, tmp_path):
    (tmp_path / "a.jsonl").write_bytes(LINE)

    def of(bundle=exported_bundle, **chosen):
        return identify(tmp_path / "a.jsonl", bundle=bundle, device="cpu", **chosen)[0]

    engines = {name: of(engine=name)["engine"] for name in ("torch", "onnx", "onnx-int8")}
    assert len(set(engines.values())) == 3
    assert engines["torch"] == "torch"
    assert of() == of(engine="onnx-int8") == of(threads=7) == of(batch_tokens=99)
    assert {"engine", "threads", "batch_tokens"}.isdisjoint(of()["settings"])
    other = shutil.copytree(exported_bundle, tmp_path / "other")
    assert of(other) == of()
    record = json.loads((other / "onnx" / "export.json").read_text("utf-8"))
    record["engines"]["onnx-int8"]["sha256"] = "0" * 64
    (other / "onnx" / "export.json").write_text(json.dumps(record), "utf-8")
    assert of(other)["engine"] == f"onnx-int8 {'0' * 16}"
    assert of(other, engine="onnx") == of(engine="onnx")


@pytest.mark.parametrize(
    ("name", "content", "rows"),
    [
        ("a.jsonl", LINE * 5, 5),
        ("a.jsonl.gz", gzip.compress(LINE * 5, mtime=0), 5),
        ("a.jsonl.gz", gzip.compress(LINE * 2, mtime=0) + gzip.compress(LINE * 3, mtime=0), 5),
        ("a.txt", b"one\ntwo\n", 1),
    ],
)
def test_rows_are_counted_for_the_progress_bar(identify, tmp_path, name, content, rows):
    (tmp_path / name).write_bytes(content)
    assert identify(tmp_path / name)[1] == rows


def test_rows_of_parquet_are_counted(identify, tmp_path):
    pq.write_table(pa.table({"text": ["Kyiv holds."] * 5}), tmp_path / "a.parquet")
    assert identify(tmp_path / "a.parquet")[1] == 5


def test_a_gzip_file_that_is_cut_short_or_none_still_has_a_fingerprint(identify, tmp_path):
    (tmp_path / "a.jsonl").write_bytes(LINE)
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(LINE * 1_000)[:-9])
    (tmp_path / "c.jsonl.gz").write_bytes(b"no gzip at all")
    found, _ = identify(*(tmp_path / name for name in ("a.jsonl", "b.jsonl.gz", "c.jsonl.gz")))
    assert [file["name"] for file in found["input"]] == ["a.jsonl", "b.jsonl.gz", "c.jsonl.gz"]


def test_a_gzip_file_that_unpacks_to_very_much_does_not_fill_the_memory(tmp_path):
    with gzip.open(tmp_path / "bomb.jsonl.gz", "wb", compresslevel=1) as file:
        file.write(LINE)
        for _ in range(100):
            file.write(bytes(2 << 20))
    tracemalloc.start()
    try:
        estimate_rows(*name_inputs([tmp_path / "bomb.jsonl.gz"]))
        assert tracemalloc.get_traced_memory()[1] < 50 << 20
    finally:
        tracemalloc.stop()
