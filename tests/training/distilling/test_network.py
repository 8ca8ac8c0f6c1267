"""The student as it learns and as it serves are the same function."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from narrashift.model.convolution import StaticConvolution
from narrashift.model.tokens import pad
from narrashift.training.distilling.network import StudentNetwork


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    rows = np.random.default_rng(0).normal(size=(50, 6)).astype(np.float32)
    return StudentNetwork(rows, filters=5, hidden=7, leaves=4).eval()


def test_numpy_gives_what_torch_gives_padded_or_not(network):
    rng = np.random.default_rng(1)
    ids = [rng.integers(0, 50, size=length) for length in (1, 2, 3, 17, *rng.integers(1, 30, size=200))]
    with torch.inference_mode():
        expected = network(*map(torch.from_numpy, pad(ids, pad_id=0))).numpy()
    np.testing.assert_allclose(StaticConvolution(network.tensors()).logits(ids), expected, atol=1e-5)


def test_without_a_table_of_words_none_are_counted(network):
    assert not StaticConvolution(network.tensors()).counted([np.array([1, 2])]).any()


@pytest.mark.parametrize("name", ["filters", "hidden", "head", "embedding"])
def test_weights_that_do_not_fit_each_other_are_refused(network, name):
    tensors = network.tensors()
    for broken in ({**tensors, name: tensors[name][:, :-1]}, {k: v for k, v in tensors.items() if k != name}):
        with pytest.raises((ValueError, KeyError)):
            StaticConvolution(broken)


def test_a_table_of_words_for_other_leaves_is_refused(network):
    with pytest.raises(ValueError, match="leaves"):
        StaticConvolution({**network.tensors(), "counted": np.zeros((8, 9)), "counted.bias": np.zeros(8)})
