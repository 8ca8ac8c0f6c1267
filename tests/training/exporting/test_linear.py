"""Quantized products beside those of floats."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from narrashift.training.exporting.graph import Graph
from narrashift.training.exporting.linear import GELU_LOW, Linears, Range, quantized


def run(x: np.ndarray, weights, biases, *, form: str, seen: Range | None = None) -> list[np.ndarray]:
    """What the layers give for ``(tokens, passages, inputs)``."""
    graph = Graph()
    linears = Linears(graph, {"layer": form}, {"layer": seen} if seen else {})
    outputs = linears.add("layer", "x", weights, biases)
    model = graph.model(inputs={}, outputs=outputs)
    model.graph.input.append(helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, None, x.shape[-1]]))
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})


def case(seed: int, width: int, outputs: int, spread: float):
    """Inputs whose channels differ in size, and two layers over them, the second without a bias."""
    rng = np.random.default_rng(seed)
    sizes = np.exp(rng.normal(0, spread, width))
    x = (rng.normal(0, 1, (5, 3, width)) * sizes).astype(np.float32)
    weights = [rng.normal(0, 0.2, (width, outputs)).astype(np.float32) for _ in range(2)]
    return x, weights, [rng.normal(0, 1, outputs).astype(np.float32), None]


def floats(x, weights, biases):
    return [x @ w + (0 if b is None else b) for w, b in zip(weights, biases, strict=True)]


cases = given(
    seed=st.integers(0, 2**31),
    width=st.integers(1, 40),
    outputs=st.integers(1, 20),
    spread=st.sampled_from([0.0, 1.0, 2.0]),
)
few = settings(max_examples=25, deadline=None, derandomize=True)


@few
@cases
def test_fp32_is_the_product_of_floats(seed, width, outputs, spread):
    x, weights, biases = case(seed, width, outputs, spread)
    for found, expected in zip(run(x, weights, biases, form="fp32"), floats(x, weights, biases), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * np.abs(x).max())


@few
@cases
def test_fixed_scales_are_off_by_no_more_than_their_steps(seed, width, outputs, spread):
    """Each value is off by half a step of its own scale: of the inputs' (smoothed), or of the weights'."""
    x, weights, biases = case(seed, width, outputs, spread)
    seen = Range(x.min(axis=(0, 1)), x.max(axis=(0, 1)))
    activation = np.maximum(np.maximum(np.abs(seen.low), np.abs(seen.high)), 1e-4)
    weight = np.maximum(np.max([np.abs(w).max(axis=1) for w in weights], axis=0), 1e-4)
    factor = activation**0.75 / weight**0.25
    smooth = x / factor
    step = max(smooth.max(), 0) - min(smooth.min(), 0)
    for found, expected, own in zip(
        run(x, weights, biases, form="fixed", seen=seen), floats(x, weights, biases), weights, strict=True
    ):
        own = own * factor[:, None]
        steps = np.abs(own).max(axis=0) / 127
        most = step / 255 * np.abs(own).sum(axis=0) + 0.51 * steps * (
            np.abs(smooth).sum(axis=-1)[..., None] + width * step / 255
        )
        assert (np.abs(found - expected) <= most + 1e-3 * np.abs(expected).max()).all()


@few
@cases
def test_scales_of_a_token_are_off_by_no_more_than_their_steps(seed, width, outputs, spread):
    x, weights, biases = case(seed, width, outputs, spread)
    x = np.maximum(x, -GELU_LOW)
    step = np.maximum(x.max(axis=-1, keepdims=True) / 231, GELU_LOW / 24)
    for found, expected, own in zip(
        run(x, weights, biases, form="token"), floats(x, weights, biases), weights, strict=True
    ):
        steps = np.abs(own).max(axis=0) / 127
        most = 0.51 * step * np.abs(own).sum(axis=0) + 0.51 * steps * (np.abs(x) + step).sum(axis=-1, keepdims=True)
        assert (np.abs(found - expected) <= most + 1e-4 * np.abs(expected).max()).all()


@pytest.mark.parametrize("form", ["fixed", "token"])
def test_a_token_has_the_same_product_whatever_stands_beside_it(form):
    x, weights, biases = case(0, 16, 8, 1.0)
    x = np.maximum(x, -GELU_LOW)
    seen = Range(x.min(axis=(0, 1)), x.max(axis=(0, 1)))
    whole = run(x, weights, biases, form=form, seen=seen)
    for token in range(5):
        for passage in range(3):
            alone = run(x[token : token + 1, passage : passage + 1], weights, biases, form=form, seen=seen)
            for one, all_ in zip(alone, whole, strict=True):
                np.testing.assert_array_equal(one[0, 0], all_[token, passage])


def test_inputs_beyond_the_range_seen_are_clipped_to_it():
    weights, seen = [np.ones((1, 1), dtype=np.float32)], Range(np.array([-1.0]), np.array([1.0]))
    far, edge = (
        run(np.full((1, 1, 1), x, dtype=np.float32), weights, [None], form="fixed", seen=seen)[0] for x in (50, 1)
    )
    np.testing.assert_array_equal(far, edge)
    np.testing.assert_allclose(edge, 1, atol=0.02)


@pytest.mark.parametrize("value", [0.0, 1e-30])
def test_a_channel_that_is_always_nought_makes_no_infinity(value):
    x = np.full((2, 1, 3), value, dtype=np.float32)
    seen = Range(x.min(axis=(0, 1)), x.max(axis=(0, 1)))
    weights = [np.zeros((3, 2), dtype=np.float32)]
    for form in ("fixed", "token"):
        [found] = run(x, weights, [np.ones(2, dtype=np.float32)], form=form, seen=seen)
        np.testing.assert_allclose(found, 1, atol=1e-6)


@few
@cases
def test_quantized_weights_are_off_by_half_a_step(seed, width, outputs, spread):
    weight = case(seed, width, outputs, spread)[1][0]
    values, scales = quantized(weight)
    assert values.dtype == np.int8 and np.abs(values.astype(int)).max() <= 127
    assert (np.abs(values * scales - weight) <= 0.501 * scales).all()
