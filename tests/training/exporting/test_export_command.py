from __future__ import annotations

import shutil

import pytest

from narrashift.model.bundle import open_bundle
from narrashift.model.exported import read_exported


@pytest.fixture
def copy(tiny_bundle, tmp_path):
    """The tiny bundle, to export."""
    return shutil.copytree(tiny_bundle, tmp_path / "copy")


def test_an_export_is_told_as_a_table_and_what_it_changes(command, copy, small_file, codebook):
    done = command("export", copy, small_file)
    assert done.code == 0
    assert "30 held-out passages" in done.out
    cells = [tuple(cell.strip() for cell in line.split("│")[1:-1]) for line in done.out.splitlines() if "│" in line]
    record = read_exported(open_bundle(copy))
    for engine, found in record.engines.items():
        for task in codebook.tasks:
            assert (engine, task, f"{found.changed[task]:.2%}", f"{found.moved[task]:+.4f}") in cells
    assert f"`narrashift score --model {copy}` takes onnx-int8 on a CPU from now on" in done.out
    assert [line.split(":")[0] for line in done.lines] == ["fp32", "int8"]


def test_without_passages_it_is_the_starter_corpus(command, copy, starter_rows):
    done = command("export", copy)
    assert done.code == 0
    test = sum(row["split"] == "test" for row in starter_rows)
    assert read_exported(open_bundle(copy)).passages == test


def test_columns_may_have_other_names(command, copy, small_file, tmp_path):
    renamed = tmp_path / "renamed.jsonl"
    renamed.write_text(small_file.read_text("utf-8").replace('"text":', '"body":'), "utf-8")
    assert command("export", copy, renamed, "--column", "text=body").code == 0


def test_what_the_user_can_put_right_is_one_line_and_exit_code_2(command, copy, small_file, lively, own_codebook):
    own = lively(copy.parent / "own", codebook=own_codebook)
    for arguments, message in (
        (["nowhere"], "nowhere: no bundle here"),
        ([copy / "tfidf", small_file], "TF-IDF needs no export"),
        ([copy, "missing.jsonl"], "missing.jsonl"),
        ([own], "has a codebook of its own. Name the passages that it was trained on"),
    ):
        done = command("export", *arguments)
        assert (done.code, done.out) == (2, "")
        assert message in done.lines[-1]
    assert not (copy / "onnx").exists()


def test_an_export_that_is_there_is_replaced_only_when_asked(command, copy, small_file):
    assert command("export", copy, small_file).code == 0
    done = command("export", copy, small_file)
    assert (done.code, done.out) == (2, "")
    assert "onnx: exists already" in done.lines[-1] and "--overwrite" in done.lines[-1]
    assert command("export", copy, small_file, "--overwrite").code == 0
