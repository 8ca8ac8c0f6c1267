"""The yardstick's file: written without pickle, and opened only if it holds what the yardstick is made of."""

from __future__ import annotations

import fractions
import json
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import skops.io
from sklearn.ensemble import RandomForestClassifier
from sklearn.preprocessing import StandardScaler

from narrashift.model.bundle import open_bundle
from narrashift.model.tfidf import FILE, TfidfClassifier, read_tfidf

TEXTS = ["our army advanced", "the enemy fled", "", "Львів 🇺🇦"]


@pytest.fixture(scope="module")
def classifier(tiny_bundle: Path) -> TfidfClassifier:
    return read_tfidf(tiny_bundle / "tfidf")


def dump(content: object, folder: Path) -> None:
    skops.io.dump(content, folder / FILE)


def test_a_saved_yardstick_gives_the_same_logits(classifier, tmp_path):
    classifier.save(tmp_path)
    again = read_tfidf(tmp_path).logits(TEXTS).tasks
    assert all(np.array_equal(again[task], values) for task, values in classifier.logits(TEXTS).tasks.items())


def test_the_file_holds_no_member_for_each_term(classifier, tmp_path):
    classifier.save(tmp_path)
    with zipfile.ZipFile(tmp_path / FILE) as archive:
        assert len(archive.namelist()) < 20


def test_a_pickle_is_refused_and_not_run(tmp_path, refusal):
    (tmp_path / FILE).write_bytes(pickle.dumps(_Touch(tmp_path / "touched")))
    refusal(lambda: read_tfidf(tmp_path), FILE)
    assert not (tmp_path / "touched").exists()


class _Touch:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return Path.touch, (self.path,)


@pytest.mark.parametrize(
    "planted", [json.loads, fractions.Fraction(1, 2), Path.touch], ids=["a function", "a fraction", "a method"]
)
def test_a_type_from_elsewhere_is_refused_by_name(classifier, tmp_path, refusal, planted):
    dump({"features": classifier.features, "heads": classifier.heads, "extra": planted}, tmp_path)
    refusal(lambda: read_tfidf(tmp_path), FILE, "not allowed")


@pytest.mark.parametrize("planted", [StandardScaler(), RandomForestClassifier(), np.zeros(3), "text", None], ids=str)
def test_a_type_that_no_yardstick_has_is_refused_even_if_it_is_harmless(classifier, tmp_path, refusal, planted):
    dump({"features": planted, "heads": classifier.heads}, tmp_path)
    refusal(lambda: read_tfidf(tmp_path), FILE)


@pytest.mark.parametrize("content", [[1, 2], {}, {"features": None}, "text", 3], ids=str)
def test_content_of_another_shape_is_refused(tmp_path, refusal, content):
    dump(content, tmp_path)
    refusal(lambda: read_tfidf(tmp_path), FILE)


def test_weights_for_other_features_are_refused(classifier, tmp_path, refusal):
    heads = {task: (weights[:, :5], bias) for task, (weights, bias) in classifier.heads.items()}
    dump({"features": classifier.features, "heads": heads}, tmp_path)
    refusal(lambda: read_tfidf(tmp_path), FILE)


@pytest.mark.parametrize("kept", [0, 1, 100, 1_000, -1])
def test_a_file_that_is_cut_off_is_refused(classifier, tmp_path, refusal, kept):
    classifier.save(tmp_path)
    (tmp_path / FILE).write_bytes((tmp_path / FILE).read_bytes()[:kept])
    refusal(lambda: read_tfidf(tmp_path), FILE)


def test_a_file_with_a_changed_byte_is_refused(classifier, tmp_path, refusal):
    classifier.save(tmp_path)
    content = bytearray((tmp_path / FILE).read_bytes())
    content[len(content) // 3] ^= 1
    (tmp_path / FILE).write_bytes(content)
    refusal(lambda: read_tfidf(tmp_path), FILE)


def test_a_missing_file_is_refused(tmp_path, refusal):
    refusal(lambda: read_tfidf(tmp_path), FILE)


@pytest.mark.parametrize("change", ["without a task", "without a label", "with a label more"])
def test_heads_that_do_not_fit_the_codebook_are_refused(damaged, classifier, refusal, change):
    heads = dict(classifier.heads)
    weights, bias = heads.pop("stance")
    if change == "without a label":
        heads["stance"] = weights[:2], bias[:2]
    elif change == "with a label more":
        heads["stance"] = np.concatenate([weights, weights[:1]]), np.append(bias, bias[:1])
    dump({"features": classifier.features, "heads": heads}, damaged / "tfidf")
    refusal(lambda: open_bundle(damaged / "tfidf").classifier(), "stance")
