"""A bundle's answers on held-out passages go with its scores."""

from __future__ import annotations

import shutil

from narrashift.model.bundle import open_bundle
from narrashift.model.held_out import FILE, read_held_out


def test_they_lie_beside_the_scores_and_are_no_input(score_dump, tiny_bundle, articles, tmp_path):
    model = tiny_bundle / "tfidf"
    (tmp_path / "in").mkdir()
    dump = tmp_path / "in" / "dump.jsonl"
    dump.write_text('{"id": 1, "text": "The bridge was lost."}\n', "utf-8")
    for _ in range(2):  # the second run finds the first one's folder inside the dump
        outcome = score_dump(tmp_path / "in", out="in/scores", model=model)
        assert (len(outcome.rows), outcome.refused) == (1, [])
    digest = open_bundle(model).digest
    assert len(read_held_out(outcome.folder, bundle=digest)) == 30


def test_an_older_bundle_scores_without_them(score_dump, tiny_bundle, tmp_path):
    older = shutil.copytree(tiny_bundle / "tfidf", tmp_path / "older")
    (older / FILE).unlink()
    outcome = score_dump([{"text": "The bridge was lost."}], model=older)
    assert len(outcome.rows) == 1 and not (outcome.folder / FILE).exists()
