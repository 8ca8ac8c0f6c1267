from __future__ import annotations

import numpy as np
import pytest

from narrashift import UserError
from narrashift.model.bundle import open_bundle
from narrashift.model.tfidf import TfidfClassifier
from narrashift.model.transformer import TransformerClassifier
from narrashift.serving.engines import choose_engine, open_engine
from narrashift.serving.settings import ScoreSettings

TEXTS = ["Ukrainian troops retook the village.", "Rain.", "Russia lost the bridge and the town behind it."] * 3


def open_with(bundle, **settings):
    opened, chosen = open_bundle(bundle), ScoreSettings(**settings)
    return open_engine(opened, engine=choose_engine(opened, settings=chosen), settings=chosen)


def test_each_kind_of_bundle_has_its_engine(tiny_bundle):
    assert isinstance(open_with(tiny_bundle), TransformerClassifier)
    assert isinstance(open_with(tiny_bundle / "tfidf"), TfidfClassifier)


def test_the_size_of_batches_does_not_change_the_scores(tiny_bundle):
    usual = open_with(tiny_bundle, device="cpu", precision="fp32").logits(TEXTS)
    single = open_with(tiny_bundle, device="cpu", precision="fp32", batch_tokens=1).logits(TEXTS)
    for task, logits in usual.tasks.items():
        np.testing.assert_allclose(single.tasks[task], logits, atol=1e-4)


def test_bf16_is_near_fp32(tiny_bundle):
    exact = open_with(tiny_bundle, device="cpu", precision="fp32").logits(TEXTS)
    rounded = open_with(tiny_bundle, device="cpu", precision="bf16").logits(TEXTS)
    np.testing.assert_allclose(rounded.tasks["stance"], exact.tasks["stance"], atol=0.1)


@pytest.mark.parametrize("device", ["warp", "cuda:99", "cpu:x"])
def test_a_device_that_is_not_there_is_refused_by_its_name(tiny_bundle, device):
    with pytest.raises(UserError, match=device):
        open_with(tiny_bundle, device=device)
