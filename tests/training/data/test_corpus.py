"""Reading labelled passages: every format, our names and theirs, what is unlabelled and what is labelled with none."""

from __future__ import annotations

import csv
import gzip
import json

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import narrashift

ROWS = [
    {"id": "1", "text": "They took the hill.", "stance": "pro_russia", "frame": ["gains_russia", "losses_ukraine"]},
    {"id": "2", "text": 'He said "no", and left.', "stance": "neutral", "frame": []},
    {"id": "3", "text": "Зернова угода\nтриває", "stance": None, "frame": None},
]
STANCE = [1, 2, -1]
FRAME = [[0, 1, 1, 0, 0], [0] * 5, [np.nan] * 5]


def write(path, rows=ROWS):
    """The rows as a file of the kind that the ending names."""
    unpacked = path.with_name(path.name.removesuffix(".gz"))
    if unpacked.suffix in (".jsonl", ".ndjson"):
        unpacked.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    elif unpacked.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), unpacked)
    else:
        with unpacked.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, delimiter="," if unpacked.suffix == ".csv" else "\t")
            table.writerow(rows[0])
            for row in rows:
                frame = "?" if row["frame"] is None else "|".join(row["frame"])
                table.writerow([row["id"], row["text"], row["stance"] or "", frame])
    if path != unpacked:
        path.write_bytes(gzip.compress(unpacked.read_bytes()))
        unpacked.unlink()
    return path


def check(corpus):
    assert corpus.texts == [row["text"] for row in ROWS]
    assert corpus.targets["stance"].tolist() == STANCE
    np.testing.assert_array_equal(corpus.targets["frame"], FRAME)
    assert np.isnan(corpus.targets["technique"]).all(), "a column that is not there is unlabelled"
    assert corpus.column("id") == ["1", "2", "3"]


@pytest.mark.parametrize("ending", [".jsonl", ".ndjson", ".csv", ".tsv", ".parquet"])
@pytest.mark.parametrize("packed", ["", ".gz"])
def test_every_format_gives_the_same_corpus(ending, packed, tmp_path, codebook):
    check(narrashift.read_corpus([write(tmp_path / f"passages{ending}{packed}")], codebook=codebook))


def test_a_folder_is_read_whole_in_the_order_of_its_names(tmp_path, codebook):
    (tmp_path / "deep").mkdir()
    write(tmp_path / "b.csv", ROWS[1:2])
    write(tmp_path / "a.jsonl", ROWS[:1])
    write(tmp_path / "deep" / "c.parquet", ROWS[2:])
    (tmp_path / ".hidden.csv").write_text("nonsense")
    check(narrashift.read_corpus([tmp_path], codebook=codebook))


def test_a_file_that_is_named_twice_is_read_once(tmp_path, codebook):
    path = write(tmp_path / "passages.csv")
    check(narrashift.read_corpus([path, tmp_path, path], codebook=codebook))


def test_a_folder_may_hold_notes_beside_the_passages(tmp_path, codebook):
    write(tmp_path / "passages.csv")
    (tmp_path / "README.txt").write_text("who labelled what")
    check(narrashift.read_corpus([tmp_path], codebook=codebook))


def test_a_saved_dataset_is_read(tmp_path, codebook):
    datasets.Dataset.from_list(ROWS).save_to_disk(tmp_path / "saved")
    check(narrashift.read_corpus([tmp_path / "saved"], codebook=codebook))


def test_a_saved_dataset_dict_brings_its_splits(tmp_path, codebook):
    parts = {name: datasets.Dataset.from_list([row]) for name, row in zip(("train", "validation", "test"), ROWS)}  # noqa: B905
    datasets.DatasetDict(parts).save_to_disk(tmp_path / "saved")
    corpus = narrashift.read_corpus([tmp_path / "saved"], codebook=codebook)
    check(corpus)
    assert corpus.column("split") == ["train", "validation", "test"]


def test_a_dataset_dict_with_an_unknown_split_is_refused_instead_of_trained_on(tmp_path, codebook):
    part = datasets.Dataset.from_list(ROWS[:2])
    datasets.DatasetDict({"train": part, "dev": part}).save_to_disk(tmp_path / "saved")
    with pytest.raises(narrashift.UserError, match="'dev' is no split .*train, validation, test"):
        narrashift.read_corpus([tmp_path / "saved"], codebook=codebook)


def test_a_dataset_in_memory_is_a_corpus(codebook):
    check(narrashift.from_dataset(datasets.Dataset.from_list(ROWS), codebook=codebook))
    check(narrashift.from_dataset(ROWS, codebook=codebook))


def test_class_labels_of_a_dataset_are_read_by_their_names(codebook):
    kinds = datasets.Features(
        text=datasets.Value("string"), stance=datasets.ClassLabel(names=["neutral", "pro_russia"])
    )
    dataset = datasets.Dataset.from_dict({"text": ["a", "b"], "stance": [0, 1]}, features=kinds)
    assert narrashift.from_dataset(dataset, codebook=codebook).targets["stance"].tolist() == [2, 1]


def test_missing_numbers_of_pandas_are_missing_values(codebook):
    rows = [
        {"text": "a", "stance": float("nan"), "group": float("nan")},
        {"text": "b", "stance": "neutral", "group": "g"},
    ]
    corpus = narrashift.from_dataset(rows, codebook=codebook)
    assert corpus.targets["stance"].tolist() == [-1, 2]
    assert corpus.column("group") == [None, "g"]


def test_other_column_names_are_mapped(tmp_path, codebook):
    path = tmp_path / "theirs.csv"
    path.write_text("body,side,text\nHello there,neutral,something else\n", "utf-8")
    corpus = narrashift.read_corpus([path], codebook=codebook, column={"text": "body", "stance": "side"})
    assert (corpus.texts, corpus.targets["stance"].tolist()) == (["Hello there"], [2])


def test_optional_columns_are_kept_as_text_and_left_out_where_empty(tmp_path, codebook):
    path = tmp_path / "columns.jsonl"
    path.write_text(
        '{"text": "a", "stance": "neutral", "id": 7, "source": "", "annotator": null, "date": "2024-02-01"}\n'
    )
    assert narrashift.read_corpus([path], codebook=codebook).columns == {"id": ["7"], "date": ["2024-02-01"]}


def test_dates_of_parquet_are_iso(tmp_path, codebook):
    import datetime

    table = pa.table({"text": ["a"], "stance": ["neutral"], "date": [datetime.date(2024, 2, 1)]})
    pq.write_table(table, tmp_path / "dated.parquet")
    assert narrashift.read_corpus([tmp_path / "dated.parquet"], codebook=codebook).column("date") == ["2024-02-01"]


def test_spaces_around_joined_labels_do_not_matter(tmp_path, codebook):
    path = tmp_path / "spaced.csv"
    path.write_text("text,frame\na, gains_russia | losses_ukraine |\n", "utf-8")
    assert narrashift.read_corpus([path], codebook=codebook).targets["frame"].tolist() == [[0, 1, 1, 0, 0]]


@pytest.mark.parametrize("header", ["text,stance", '"text","stance"'])
def test_the_byte_order_mark_that_spreadsheets_write_does_not_matter(header, tmp_path, codebook):
    path = tmp_path / "excel.csv"
    path.write_text(f"{header}\r\nHello,neutral\r\n", "utf-8-sig")
    assert narrashift.read_corpus([path], codebook=codebook).texts == ["Hello"]


@pytest.mark.parametrize("ending", [".jsonl", ".csv", ".tsv"])
@pytest.mark.parametrize("encoding", ["cp1251", "koi8-u", "utf-16"])
def test_a_named_encoding_is_read(ending, encoding, tmp_path, codebook):
    path = write(tmp_path / f"theirs{ending}")
    path.write_bytes(path.read_bytes().decode("utf-8").encode(encoding))
    check(narrashift.read_corpus([path], codebook=codebook, encoding=encoding))


def test_passages_without_any_label_may_come_first(tmp_path, codebook):
    path = tmp_path / "later.jsonl"
    path.write_text('{"text": "not read yet"}\n{"text": "read", "stance": "neutral"}\n')
    assert narrashift.read_corpus([path], codebook=codebook).targets["stance"].tolist() == [-1, 2]


def test_select_keeps_texts_labels_and_columns_together(corpus_of):
    chosen = corpus_of(ROWS).select([2, 0])
    assert chosen.texts == [ROWS[2]["text"], ROWS[0]["text"]]
    assert chosen.targets["stance"].tolist() == [-1, 1]
    assert chosen.column("id") == ["3", "1"]
    assert chosen.labelled("frame").tolist() == [False, True]


def test_weights_have_the_mean_one_and_are_one_where_none_is_given(corpus_of):
    assert corpus_of(ROWS).weights.tolist() == [1.0] * len(ROWS)
    weighted = corpus_of([{"text": "a", "stance": "neutral", "weight": 3}, {"text": "b", "stance": "neutral"}])
    assert weighted.weights.tolist() == [1.5, 0.5]
    assert weighted.digest != corpus_of([{"text": "a", "stance": "neutral"}, {"text": "b", "stance": "neutral"}]).digest


def test_the_digest_is_of_texts_and_labels(corpus_of):
    as_before = corpus_of([dict(row) for row in ROWS])
    assert corpus_of(ROWS).digest == as_before.digest
    assert as_before.digest != as_before.select([1, 0, 2]).digest
    none, unlabelled = ({"text": "a", "stance": "neutral", "frame": frame} for frame in ([], None))
    assert corpus_of([none]).digest != corpus_of([unlabelled]).digest
