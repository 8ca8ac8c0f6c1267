"""What `evaluate` can be asked beside the figures: abstention, another model, slices."""

from __future__ import annotations

import json

import numpy as np
import pytest

import narrashift
from narrashift.training.measuring.evaluation import measure, predict
from narrashift.training.measuring.examination import examine
from narrashift.training.measuring.slices import slices


@pytest.fixture(scope="module")
def opened(tiny_bundle):
    from narrashift.model.bundle import open_bundle

    return open_bundle(tiny_bundle)


def test_only_what_is_asked_is_measured(opened, small_corpus):
    found = examine(bundle=opened, corpus=small_corpus, resamples=20)
    assert (found.abstention, found.differences, found.slices) == ({}, {}, [])


def test_coverage_and_risk_are_those_of_the_decided_passages(opened, small_corpus):
    found = examine(bundle=opened, corpus=small_corpus, abstain=0.9, resamples=50).abstention["stance"]
    predictor = narrashift.load(opened.path)
    labels = [p["stance"] for p in predictor.predict(small_corpus.texts, abstain=0.9)]
    leaves, weights = small_corpus.codebook.tasks["stance"].leaves, small_corpus.weights
    decided = np.array([label is not None for label in labels])
    wrong = np.array([label != leaves[t] for label, t in zip(labels, small_corpus.targets["stance"], strict=True)])
    assert found.coverage.value == pytest.approx(np.average(decided, weights=weights))
    assert found.risk.value == pytest.approx(np.average(wrong[decided], weights=weights[decided]))
    assert found.coverage.lo <= found.coverage.value <= found.coverage.hi


def test_a_bundle_against_its_yardstick(opened, small_corpus):
    differences = examine(bundle=opened, corpus=small_corpus, against=opened.path / "tfidf", resamples=50).differences
    mine, its = (
        examine(bundle=path, corpus=small_corpus, resamples=1).report.figures["macro_f1/stance"].value
        for path in (opened, opened.path / "tfidf")
    )
    assert differences["macro_f1/stance"].value == pytest.approx(mine - its)


def test_slices_are_the_figures_of_their_passages(opened, corpus_of):
    words = "The ministry said on Monday that talks would go on"
    rows = [
        {
            "text": f"{words} in room {i}" + " and then again" * (10 * (i % 2)),
            "stance": ("neutral", "pro_russia")[i % 2],
            "source": ("rt", "bbc", "rare")[i % 2 if i < 58 else 2],
            "frame": [], "technique": [],
        }
        for i in range(60)
    ]  # fmt: skip
    corpus = corpus_of(rows)
    predicted = predict(opened, corpus)
    found = {(part.column, part.value): part for part in slices(predicted, corpus=corpus)}
    assert set(found) == {
        ("source", "rt"),
        ("source", "bbc"),
        ("length", "up to 14 words"),
        ("length", "36 words and more"),
    }
    inside = [i for i, row in enumerate(rows) if row["source"] == "rt"]
    own = measure(predicted.select(np.array(inside)), corpus=corpus.select(inside), resamples=1)
    part = found["source", "rt"]
    assert part.passages == 29
    assert part.figures["accuracy/stance"].value == pytest.approx(own.figures["accuracy/stance"].value)


def test_the_json_is_flat_and_names_everything(opened, small_corpus):
    found = examine(
        bundle=opened, corpus=small_corpus, abstain=0.5, against=opened.path / "tfidf", by_slices=True, resamples=20
    )
    flat = json.loads(found.to_json())
    assert {"macro_f1/stance", "coverage/stance_lo", "risk/frame", "difference/macro_f1/stance_p"} <= set(flat)
    assert any(name.startswith("slice/length=up to 14 words/") for name in flat)
    assert all(value is None or isinstance(value, int | float) for value in flat.values())


def test_the_command_prints_all_of_it(command, tiny_bundle, small_file):
    ended = command(
        "evaluate",
        tiny_bundle,
        small_file,
        "--allow-leaks",
        "--abstain",
        0.5,
        "--against",
        tiny_bundle / "tfidf",
        "--slices",
    )
    assert ended.code == 0, ended.err
    for said in ("wrong among them", "paired bootstrap test", "length: up to 14 words", "p = "):
        assert said in ended.out


@pytest.mark.parametrize("risk", [0, 1, -0.1, 7])
def test_a_risk_that_is_no_share_is_refused(risk, command, tiny_bundle, small_file):
    ended = command("evaluate", tiny_bundle, small_file, "--allow-leaks", "--abstain", risk)
    assert ended.code == 2
    assert "a share of wrong answers between 0 and 1 is expected" in ended.err


def test_a_bundle_that_does_not_know_its_risks_is_refused(command, without_risks, small_file):
    ended = command("evaluate", without_risks, small_file, "--allow-leaks", "--abstain", 0.1)
    assert (ended.code, len(ended.lines)) == (2, 1)
    assert f"{without_risks / 'decision.json'} does not say how wrong the bundle's answers are" in ended.err
    assert "Train it again" in ended.err
    assert command("evaluate", without_risks, small_file, "--allow-leaks").code == 0


def test_a_risk_that_no_confidence_keeps_is_said(command, tiny_bundle, small_file):
    ended = command("evaluate", tiny_bundle, small_file, "--allow-leaks", "--abstain", 1e-6)
    assert ended.code == 0
    said = [line for line in ended.lines if "every passage is left undecided in" in line]
    assert len(said) == 3 and all("the least it can keep is 0." in line or "1.0" in line for line in said)
