"""A student from a bundle: whole or not at all, the same from the same, and never of what it was calibrated on."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from narrashift import UserError
from narrashift.model.bundle import open_bundle
from narrashift.model.lexical import LexicalHead
from narrashift.model.network import from_backbone
from narrashift.model.student import read_student, student_digest
from narrashift.training.distilling import distill as module
from narrashift.training.distilling.distill import counted_tensors, distill, drawn_sides
from narrashift.training.distilling.settings import DistillSettings


def files_of(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_bundle_gets_a_student_and_keeps_its_files(bundle, texts, settings):
    before = files_of(bundle)
    made = distill(bundle=bundle, texts=texts, settings=settings)
    after = files_of(bundle)
    assert made.folder == bundle / "student"
    assert {path: content for path, content in after.items() if path.parts[0] != "student"} == before
    assert read_student(open_bundle(bundle)).description == made.description
    assert (made.description.trained_on, made.description.calibrated_on) == (100, 100)


def test_the_same_text_and_seed_make_the_same_student(bundle, texts, settings):
    digests = []
    for seed in (0, 0, 1):
        distill(bundle=bundle, texts=texts, settings=settings.model_copy(update={"seed": seed}), overwrite=True)
        digests.append(student_digest(open_bundle(bundle)))
    assert digests[0] == digests[1] != digests[2]


def test_what_is_calibrated_is_what_is_read_back(bundle, texts, settings, monkeypatch):
    seen = {}
    real = module.calibrate
    monkeypatch.setattr(module, "calibrate", lambda *args, **named: seen.update(args[1][0]) or real(*args, **named))
    distill(bundle=bundle, texts=texts, settings=settings)
    held, _ = drawn_sides(range(len(texts)), settings=settings)
    again = read_student(open_bundle(bundle)).logits([texts[i] for i in held])
    for task, values in again.tasks.items():
        np.testing.assert_allclose(values, seen[task], atol=1e-5)


@pytest.mark.parametrize("step", ["learn", "calibrate", "write_student"])
def test_an_interrupted_distillation_leaves_no_student(bundle, texts, settings, monkeypatch, step):
    before = files_of(bundle)

    def interrupt(*args, **named):
        if step == "write_student":
            (args[0] / "student.json").write_text("{")
        raise KeyboardInterrupt

    monkeypatch.setattr(module, step, interrupt)
    with pytest.raises(KeyboardInterrupt):
        distill(bundle=bundle, texts=texts, settings=settings)
    assert files_of(bundle) == before
    assert sorted(p.name for p in bundle.iterdir()) == sorted({path.parts[0] for path in before})


def test_an_interruption_keeps_the_student_that_is_there(bundle, texts, settings, monkeypatch):
    distill(bundle=bundle, texts=texts, settings=settings)
    before = files_of(bundle)
    monkeypatch.setattr(module, "learn", lambda *args, **named: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        distill(bundle=bundle, texts=texts, settings=settings, overwrite=True)
    assert files_of(bundle) == before


def test_a_student_that_is_there_is_not_replaced_unasked(bundle, texts, settings, monkeypatch):
    (bundle / "student").mkdir()
    with pytest.raises(UserError, match="exists already.*--overwrite"):
        distill(bundle=bundle, texts=texts, settings=settings)


def test_a_tfidf_model_gets_no_student(bundle, texts):
    with pytest.raises(UserError, match="only a transformer"):
        distill(bundle=bundle / "tfidf", texts=texts)


@pytest.mark.parametrize(("count", "groups"), [(0, None), (30, None), (200, [1] * 200)])
def test_too_little_text_is_refused(bundle, texts, count, groups):
    with pytest.raises(UserError, match="too few.*calibrated on 20 others. Name more text.*nothing was trained"):
        distill(bundle=bundle, texts=texts[:count], groups=groups)


def test_an_article_is_on_one_side_of_the_held_out_split_and_both_sides_are_shuffled():
    groups = np.sort(np.random.default_rng(0).integers(0, 40, size=400))
    held, rest = drawn_sides(groups, settings=DistillSettings(held_out=0.3))
    assert sorted([*held, *rest]) == list(range(400))
    assert not set(groups[held]) & set(groups[rest])
    assert abs(len(held) - 120) < 20
    assert len(set(groups[rest[:40]])) > 10, "what decides when to stop is of many articles"


@pytest.mark.parametrize("vocabulary", [0, 600])
def test_words_are_counted_as_in_the_network_whatever_the_order_of_its_tasks(vocabulary, tiny_backbone, codebook):
    network = from_backbone(str(tiny_backbone), codebook=codebook, max_tokens=64, dropout=0.0)
    heads = dict(network.config.heads)
    assert counted_tensors(network, heads=heads) == {}
    torch.manual_seed(0)
    head = LexicalHead(buckets=512, heads=heads, vocabulary=vocabulary)
    for values in head.parameters():
        values.copy_(torch.rand_like(values))
    network.add_lexical(head)
    assert list(head.heads) != list(heads)
    rows = [np.array([101, 5, 9, 5, 102]), np.array([101, 102]), np.array([7])]
    for ids in rows:
        row = torch.from_numpy(ids)[None]
        expected = head(row, torch.ones_like(row))
        found = network_of(counted_tensors(network, heads=heads)).counted(rows)[[len(r) for r in rows].index(len(ids))]
        np.testing.assert_allclose(found, torch.cat([expected[name] for name in heads], dim=1)[0], atol=1e-6)


def network_of(counted):
    from narrashift.model.convolution import StaticConvolution
    from narrashift.training.distilling.network import StudentNetwork

    own = StudentNetwork(np.zeros((600, 4), np.float32), filters=2, hidden=2, leaves=len(counted["counted.bias"]))
    return StaticConvolution({**own.tensors(), **counted})
