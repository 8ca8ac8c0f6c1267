"""Whatever passages hold, they come back from a file as they were; whatever a file holds, it is read or refused."""

from __future__ import annotations

import csv
import gzip
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import narrashift

quick = settings(max_examples=50, deadline=None, derandomize=True)
BOOK = narrashift.read_codebook()
TASKS = BOOK.tasks
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)


def many(task):
    return st.none() | st.lists(st.sampled_from(task.leaves), unique=True)


rows = st.fixed_dictionaries(
    {
        "text": texts,
        "stance": st.none() | st.sampled_from(TASKS["stance"].leaves),
        "frame": many(TASKS["frame"]),
        "technique": many(TASKS["technique"]),
        "group": st.none() | texts,
    }
)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["neutral", "gains"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("round_trip")


def write_jsonl(path, passages):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in passages), "utf-8")


def write_parquet(path, passages):
    lists = pa.list_(pa.string())
    kinds = {"text": pa.string(), "stance": pa.string(), "frame": lists, "technique": lists, "group": pa.string()}
    pq.write_table(pa.Table.from_pylist(passages, schema=pa.schema(kinds)), path)


def write_separated(path, passages):
    joined = lambda labels: "?" if labels is None else "|".join(labels)  # noqa: E731
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, delimiter="\t" if ".tsv" in path.name else ",")
        table.writerow(["text", "stance", "frame", "technique", "group"])
        for row in passages:
            lists = [joined(row["frame"]), joined(row["technique"])]
            table.writerow([row["text"], row["stance"] or "?", *lists, row["group"] or ""])


WRITERS = {"jsonl": write_jsonl, "csv": write_separated, "tsv": write_separated, "parquet": write_parquet}


@pytest.mark.parametrize("ending", WRITERS)
@quick
@given(passages=st.lists(rows, min_size=1, max_size=4), packed=st.booleans())
def test_passages_come_back_as_they_were(ending, folder, passages, packed):
    path = folder / f"passages.{ending}"
    WRITERS[ending](path, passages)
    if packed:
        path = path.with_name(path.name + ".gz")
        path.write_bytes(gzip.compress(path.with_suffix("").read_bytes(), compresslevel=1))
    corpus = narrashift.read_corpus([path], codebook=BOOK)

    assert corpus.texts == [row["text"] for row in passages]
    assert corpus.column("group") == [row["group"] for row in passages]
    leaves = TASKS["stance"].leaves
    stances = [-1 if row["stance"] is None else leaves.index(row["stance"]) for row in passages]
    assert corpus.targets["stance"].tolist() == stances
    for name in ("frame", "technique"):
        expected = [
            [np.nan] * len(TASKS[name].leaves)
            if row[name] is None
            else [float(leaf in row[name]) for leaf in TASKS[name].leaves]
            for row in passages
        ]
        np.testing.assert_array_equal(corpus.targets[name], expected)


@quick
@given(passages=st.lists(rows, min_size=1, max_size=4))
def test_a_file_and_a_dataset_give_the_same_digest(folder, passages):
    write_jsonl(folder / "same.jsonl", passages)
    from_file = narrashift.read_corpus([folder / "same.jsonl"], codebook=BOOK)
    assert from_file.digest == narrashift.from_dataset(passages, codebook=BOOK).digest


def read_or_refuse(path, **options):
    """Read; a refusal must have a problem in each of its lines and name the file."""
    try:
        assert len(narrashift.read_corpus([path], codebook=BOOK, **options)) > 0
    except narrashift.UserError as error:
        assert all(path.name in problem for problem in error.problems)


@pytest.mark.parametrize("ending", ["jsonl", "csv", "tsv", "parquet", "jsonl.gz", "csv.gz", "parquet.gz"])
@quick
@given(
    content=st.binary(max_size=80), start=st.sampled_from([b"", b"text,stance\n", b'{"text": "', b"\x1f\x8b\x08\x00"])
)
def test_any_bytes_are_read_or_refused(ending, folder, content, start):
    path = folder / f"bytes.{ending}"
    path.write_bytes(start + content)
    read_or_refuse(path)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "cp1251", "utf-7", "shift_jis"])
@pytest.mark.parametrize("ending", ["jsonl", "csv"])
@quick
@given(content=st.binary(max_size=40) | st.text(max_size=20).map(lambda text: text.encode("utf-16", "ignore")))
def test_any_bytes_in_any_encoding_are_read_or_refused(ending, encoding, folder, content):
    path = folder / f"encoded.{ending}"
    path.write_bytes(content)
    read_or_refuse(path, encoding=encoding)


@quick
@given(
    passages=st.lists(
        st.fixed_dictionaries(
            {},
            optional={"text": st.just("a") | json_values, "stance": st.just("neutral") | json_values}
            | dict.fromkeys(("frame", "split", "id"), json_values),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_any_values_are_read_or_refused(folder, passages):
    write_path = folder / "values.jsonl"
    write_path.write_text("".join(json.dumps(row) + "\n" for row in passages), "utf-8")
    read_or_refuse(write_path)
    try:
        assert all(text.strip() for text in narrashift.from_dataset(passages, codebook=BOOK).texts)
    except narrashift.UserError as error:
        assert all("dataset" in problem for problem in error.problems)
