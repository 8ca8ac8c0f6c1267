from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from narrashift.model.bundle import DECIDING_FILES, open_bundle
from narrashift.model.decision import read_decision

TEXTS = ["our army advanced", "the enemy fled"]
BOTH = [("transformer", "."), ("tfidf", "tfidf")]


@pytest.mark.parametrize(("kind", "where"), BOTH)
def test_an_opened_bundle_knows_its_codebook_and_decision(tiny_bundle, codebook, kind, where):
    bundle = open_bundle(tiny_bundle / where)
    assert bundle.kind == kind
    assert bundle.codebook == codebook
    assert bundle.decision == read_decision(tiny_bundle / where / "decision.json", codebook=codebook)
    assert bundle.path == Path(tiny_bundle / where)


@pytest.mark.parametrize(("kind", "where"), BOTH)
def test_both_kinds_stand_behind_one_interface(tiny_bundle, codebook, kind, where):
    logits = open_bundle(tiny_bundle / where).classifier().logits(TEXTS)
    assert logits.tasks.keys() == codebook.tasks.keys()
    for name, task in codebook.tasks.items():
        assert logits.tasks[name].shape == (2, len(task.leaves))
        assert logits.tasks[name].dtype == np.float32
    assert logits.truncated.tolist() == [False, False]


def test_a_bundle_is_a_folder_without_pickles(tiny_bundle):
    files = [path for path in tiny_bundle.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} <= {".json", ".safetensors", ".toml", ".md", ".skops", ".txt", ".parquet"}
    assert not any(path.read_bytes().startswith(b"\x80") for path in files)


def test_a_bundle_has_all_that_belongs_to_it(tiny_bundle):
    names = {path.name for path in tiny_bundle.iterdir()}
    assert names >= {*DECIDING_FILES["transformer"], "metrics.json", "provenance.json", "README.md", "tfidf"}
    bundle = open_bundle(tiny_bundle)
    assert bundle.json("metrics.json")["test"]
    assert bundle.json("provenance.json")["data"]["train"]["passages"] > 0
    assert bundle.json("absent.json") == {}


def test_a_bundle_does_not_tell_where_it_was_made(tiny_bundle, tiny_backbone):
    telling = [
        path.name
        for path in tiny_bundle.rglob("*")
        if path.is_file() and os.fsencode(tiny_backbone.parent) in path.read_bytes()
    ]
    assert telling == []


def test_a_bundle_works_wherever_it_is_put(tiny_bundle, tmp_path):
    moved = shutil.copytree(tiny_bundle, tmp_path / "ein Ordner, 日本")
    here, there = open_bundle(tiny_bundle), open_bundle(str(moved))
    assert here.digest == there.digest
    expected = here.classifier().logits(TEXTS).tasks
    assert all(np.array_equal(v, expected[t]) for t, v in there.classifier().logits(TEXTS).tasks.items())


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in DECIDING_FILES.items() for name in names])
def test_the_digest_changes_with_every_file_that_decides(damaged, kind, name):
    folder = damaged if kind == "transformer" else damaged / "tfidf"
    before = open_bundle(folder).digest
    with (folder / name).open("ab") as file:
        file.write(b"\n")
    assert open_bundle(folder).digest != before


def test_the_digest_does_not_change_with_the_model_card(damaged):
    before = open_bundle(damaged).digest
    (damaged / "README.md").write_text("# Renamed\n")
    (damaged / "metrics.json").write_text("{}")
    assert open_bundle(damaged).digest == before
    assert len(before) == 16


def test_what_is_no_bundle_is_refused_with_the_way_out(tmp_path, refusal):
    (tmp_path / "file").write_text("x")
    refusal(lambda: open_bundle(tmp_path / "absent"), "absent", "no such folder", "narrashift train")
    refusal(lambda: open_bundle(tmp_path), str(tmp_path), "no config.json", "narrashift train")
    refusal(lambda: open_bundle(tmp_path / "file"), "file", "narrashift train")


def test_a_plain_backbone_is_refused_as_no_bundle(tiny_backbone, refusal):
    refusal(lambda: open_bundle(tiny_backbone), "config.json", "'bert'", "narrashift_passage")
