"""A bundle knows which passages it has seen, and is not measured on them by mistake."""

from __future__ import annotations

import numpy as np
import pytest

import narrashift
from narrashift.training.data.seen import FILE, count_seen, mark, refuse_seen, write_seen


def test_case_punctuation_and_white_space_do_not_matter():
    assert mark("Kyiv says: “it held”") == mark("kyiv  says it held!") != mark("Kyiv says it fell")
    assert mark("🙂") != mark("🙁")


def test_only_passages_that_were_seen_are_counted(corpus_of, tmp_path):
    write_seen(tmp_path, texts=["one passage", "another passage", "one passage"])
    corpus = corpus_of([{"text": text, "stance": "neutral"} for text in ("One passage.", "a third", "another passage")])
    assert count_seen(tmp_path, corpus) == 2
    assert len((tmp_path / FILE).read_text().splitlines()) == 2
    assert count_seen(tmp_path / "nowhere", corpus) == 0


def test_one_of_many_is_a_note_and_more_than_one_in_a_hundred_is_refused(corpus_of, tmp_path):
    corpus = corpus_of([{"text": f"passage {i}", "stance": "neutral"} for i in range(200)])
    assert refuse_seen(tmp_path, corpus, allowed=False) is None
    write_seen(tmp_path, texts=corpus.texts[:2])
    assert "2 of these 200 passages (1.0%)" in refuse_seen(tmp_path, corpus, allowed=False)
    write_seen(tmp_path, texts=corpus.texts[:3])
    with pytest.raises(narrashift.UserError, match=r"3 of these 200 passages .* --allow-leaks"):
        refuse_seen(tmp_path, corpus, allowed=False)
    assert "3 of these" in refuse_seen(tmp_path, corpus, allowed=True)


@pytest.mark.parametrize("part", ["", "tfidf"])
def test_a_trained_bundle_knows_train_and_validation_but_not_test(part, tiny_bundle, small_corpus):
    split = np.array(small_corpus.column("split"))
    known = {
        name: count_seen(tiny_bundle / part, small_corpus.select(np.flatnonzero(split == name))) for name in set(split)
    }
    assert known == {"train": 60, "validation": 30, "test": 0}


def test_the_command_refuses_to_measure_on_the_training_passages(command, tiny_bundle, small_file):
    refused = command("evaluate", tiny_bundle, small_file)
    assert refused.code == 2
    assert "was trained or fitted on 90 of these 120 passages (75.0%)" in refused.err
    allowed = command("evaluate", tiny_bundle, small_file, "--allow-leaks")
    assert allowed.code == 0
    assert "note: " in allowed.err and "90 of these 120" in allowed.err
    assert command("evaluate", tiny_bundle, small_file, "--split", "test").code == 0
