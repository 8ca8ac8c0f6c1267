from __future__ import annotations

import numpy as np
import pytest

from narrashift.model.bundle import open_bundle


@pytest.fixture(scope="module")
def texts(small_rows) -> list[str]:
    rows = [row["text"] for row in small_rows[:16]]
    return [*rows, rows[0], "?", "word " * 300, "\u200b"]


@pytest.fixture(scope="module")
def undisturbed(tiny_bundle, texts):
    return open_bundle(tiny_bundle).classifier(device="cpu").logits(texts)


def assert_close(tasks: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert tasks.keys() == expected.keys()
    for task, values in expected.items():
        np.testing.assert_allclose(tasks[task], values, atol=1e-4, rtol=0)


def test_texts_get_different_logits_and_equal_texts_equal_ones(undisturbed):
    for values in undisturbed.tasks.values():
        assert values.dtype == np.float32
        assert np.isfinite(values).all()
        assert values.std(axis=0).max() > 1e-2
        np.testing.assert_allclose(values[0], values[16], atol=1e-6)


def test_logits_do_not_depend_on_the_order_of_texts(tiny_bundle, texts, undisturbed):
    order = np.random.default_rng(0).permutation(len(texts))
    shuffled = open_bundle(tiny_bundle).classifier(device="cpu").logits([texts[i] for i in order])
    assert_close(shuffled.tasks, {task: values[order] for task, values in undisturbed.tasks.items()})
    assert shuffled.truncated.tolist() == undisturbed.truncated[order].tolist()


@pytest.mark.parametrize("batch_tokens", [1, 100, 100_000])
def test_logits_do_not_depend_on_the_size_of_batches(tiny_bundle, texts, undisturbed, batch_tokens):
    classifier = open_bundle(tiny_bundle).classifier(device="cpu", batch_tokens=batch_tokens)
    assert_close(classifier.logits(texts).tasks, undisturbed.tasks)


def test_logits_do_not_depend_on_what_else_is_in_the_batch(tiny_bundle, texts, undisturbed):
    classifier = open_bundle(tiny_bundle).classifier(device="cpu", batch_tokens=100_000)
    for i in (0, 5, 17, 18):
        assert_close(classifier.logits([texts[i]]).tasks, {task: v[i : i + 1] for task, v in undisturbed.tasks.items()})


def test_logits_are_the_same_again(tiny_bundle, texts, undisturbed):
    again = open_bundle(tiny_bundle).classifier(device="cpu").logits(texts)
    assert all(np.array_equal(again.tasks[task], values) for task, values in undisturbed.tasks.items())


def test_bf16_changes_logits_a_little_and_not_much(tiny_bundle, texts, undisturbed):
    rounded = open_bundle(tiny_bundle).classifier(device="cpu", precision="bf16").logits(texts).tasks
    difference = max(np.abs(rounded[task] - values).max() for task, values in undisturbed.tasks.items())
    assert 0 < difference < 0.1


def test_truncation_is_reported_where_a_text_is_longer_than_max_tokens(tiny_bundle, texts, undisturbed):
    classifier = open_bundle(tiny_bundle).classifier()
    assert classifier.max_tokens == 64
    assert undisturbed.truncated.tolist() == (classifier.count_tokens(texts) > 64).tolist()
    assert undisturbed.truncated[18]
    assert not undisturbed.truncated[[17, 19]].any()


def test_what_comes_after_the_cut_does_not_count(tiny_bundle):
    classifier = open_bundle(tiny_bundle).classifier(device="cpu")
    short, long = classifier.logits(["word " * 100 + "gains", "word " * 200 + "losses"]).tasks["stance"]
    np.testing.assert_allclose(short, long, atol=1e-5)


def test_no_text_has_no_logits(tiny_bundle, codebook):
    classifier = open_bundle(tiny_bundle).classifier()
    logits = classifier.logits([])
    assert {task: values.shape for task, values in logits.tasks.items()} == {
        name: (0, len(task.leaves)) for name, task in codebook.tasks.items()
    }
    assert logits.truncated.shape == classifier.count_tokens([]).shape == (0,)


def test_progress_counts_every_text_once(tiny_bundle, texts):
    done: list[int] = []
    open_bundle(tiny_bundle).classifier(batch_tokens=200).logits(texts, tick=done.append)
    assert sum(done) == len(texts)
    assert len(done) > 1


@pytest.mark.parametrize(
    "options", [{"precision": "fp16"}, {"precision": "FP32"}, {"device": "banana"}, {"batch_tokens": -1}], ids=str
)
def test_an_option_that_cannot_be_meant_is_refused_with_its_value(tiny_bundle, refusal, options):
    refusal(lambda: open_bundle(tiny_bundle).classifier(**options), str(next(iter(options.values()))))
