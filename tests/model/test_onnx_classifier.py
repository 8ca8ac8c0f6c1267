from __future__ import annotations

import threading

import numpy as np
import pytest

from narrashift.model.bundle import open_bundle
from narrashift.model.onnx_classifier import open_onnx

TEXTS = ["Kyiv holds.", "war", "Ukrainian troops retook the village near the river.", "word " * 300, "Rain."]


@pytest.fixture(scope="module")
def bundle(exported_bundle):
    return open_bundle(exported_bundle)


@pytest.fixture(scope="module")
def network(bundle):
    return bundle.classifier(device="cpu", precision="fp32")


def test_tasks_have_the_logits_of_the_network_under_their_own_names(bundle, network, codebook):
    expected, found = network.logits(TEXTS), open_onnx(bundle, "onnx").logits(TEXTS)
    for name, task in codebook.tasks.items():
        assert found.tasks[name].shape == (len(TEXTS), len(task.leaves))
        np.testing.assert_allclose(found.tasks[name], expected.tasks[name], atol=1e-4, rtol=0)
    assert found.truncated.tolist() == [False, False, False, True, False]


@pytest.mark.parametrize("engine", ["onnx", "onnx-int8"])
def test_tokens_are_counted_as_by_the_network(bundle, network, engine):
    classifier = open_onnx(bundle, engine)
    assert classifier.max_tokens == network.max_tokens
    assert classifier.count_tokens(TEXTS).tolist() == network.count_tokens(TEXTS).tolist()


@pytest.mark.parametrize("options", [{"threads": 1}, {"threads": 3}, {"batch_tokens": 1}, {"batch_tokens": 10_000}])
def test_how_it_is_computed_does_not_change_what(bundle, options):
    usual, other = open_onnx(bundle, "onnx"), open_onnx(bundle, "onnx", **options)
    for task, values in usual.logits(TEXTS * 3).tasks.items():
        np.testing.assert_allclose(other.logits(TEXTS * 3).tasks[task], values, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("engine", ["onnx", "onnx-int8"])
def test_ticks_add_up_to_the_passages(bundle, engine):
    ticks: list[int] = []
    open_onnx(bundle, engine, batch_tokens=64).logits(TEXTS * 4, tick=ticks.append)
    assert sum(ticks) == 20
    assert len(ticks) > 4


def test_no_passages_have_no_logits(bundle, codebook):
    found = open_onnx(bundle, "onnx-int8").logits([])
    assert {name: values.shape for name, values in found.tasks.items()} == {
        name: (0, len(task.leaves)) for name, task in codebook.tasks.items()
    }
    assert found.truncated.shape == (0,)


def test_an_error_in_a_batch_is_raised(bundle):
    classifier = open_onnx(bundle, "onnx", threads=2)

    def stop(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        classifier.logits(TEXTS, tick=stop)
    assert classifier.logits(TEXTS).truncated.tolist()[3]


def test_batches_are_computed_by_as_many_threads_as_asked(bundle, monkeypatch):
    classifier = open_onnx(bundle, "onnx", threads=2, batch_tokens=1)
    meet = threading.Barrier(2, timeout=20)

    class Session:
        def run(self, outputs, inputs):
            meet.wait()  # passed by two at a time only
            return [np.zeros((len(inputs["input_ids"]), sum(classifier.heads.values())), dtype=np.float32)]

    monkeypatch.setattr(classifier, "session", Session())
    assert classifier.logits(["one", "two", "three", "four"]).tasks["stance"].shape == (4, 3)
