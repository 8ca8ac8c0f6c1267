"""A linear layer in a graph: float32, or int8 with scales fixed by calibration or taken from each token.

Weights are int8 with a scale for each output (symmetric); activations are uint8. No scale depends on the other
passages of a batch, so a passage's result does not either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from .graph import FUSED, Graph

Form = Literal["fp32", "fixed", "token"]
GELU_LOW = 0.17
"""GELU is nowhere smaller than minus this."""
TOKEN_ZERO = 24
"""The uint8 that stands for 0 where scales are taken from each token: all of GELU's small negative side fits."""
SMOOTHING = 0.75
"""Share of an input channel's range that is moved into the weights (Xiao et al. 2023, SmoothQuant)."""


@dataclass(frozen=True)
class Range:
    """Least and largest value of each input channel over the calibration passages: ``(channels,)`` each."""

    low: np.ndarray
    high: np.ndarray


@dataclass
class Linears:
    """Adds the linear layers of a network to a graph, each in its form.

    Args:
        forms: name of a layer -> its form; `fp32` where it is not named.
        ranges: name of a layer -> the range of its input, for the forms `fixed`.

    Attributes:
        inputs: name of a layer -> the graph's name of its input.
    """

    graph: Graph
    forms: Mapping[str, Form] = field(default_factory=dict)
    ranges: Mapping[str, Range] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, x: str, weights: list[np.ndarray], biases: list[np.ndarray | None]) -> list[str]:
        """Layers that share an input and its quantization, one output each.

        Args:
            weights: ``(inputs, outputs)`` float32 each.
            biases: ``(outputs,)``, or None for no bias.
        """
        self.inputs[name] = x
        form = self.forms.get(name, "fp32")
        if form == "fp32":
            return [self._float(x, weight, bias) for weight, bias in zip(weights, biases, strict=True)]
        add = self._fixed if form == "fixed" else self._token
        return add(name, x, weights, biases)

    def _float(self, x: str, weight: np.ndarray, bias: np.ndarray | None) -> str:
        product = self.graph.add("MatMul", x, self.graph.constant(weight))
        return product if bias is None else self.graph.add("Add", product, self.graph.constant(bias))

    def _fixed(self, name: str, x: str, weights: list[np.ndarray], biases: list[np.ndarray | None]) -> list[str]:
        graph, seen = self.graph, self.ranges[name]
        factor = _smoothing(seen, weights)
        low, high = min(float((seen.low / factor).min()), 0.0), max(float((seen.high / factor).max()), 1e-6)
        scale = graph.constant(np.float32((high - low) / 255))
        zero = graph.constant(np.uint8(round(-low / (high - low) * 255)))
        x = graph.add("QuantizeLinear", graph.add("Mul", x, graph.constant(1 / factor, np.float32)), scale, zero)
        outputs = []
        for weight, bias in zip(weights, biases, strict=True):
            values, scales = quantized(weight * factor[:, None])
            inputs = [x, graph.constant(values), scale, graph.constant(scales), zero, ""]
            inputs += [] if bias is None else [graph.constant(bias)]
            outputs.append(graph.add("MatMulIntegerToFloat", *inputs, domain=FUSED))
        return outputs

    def _token(self, name: str, x: str, weights: list[np.ndarray], biases: list[np.ndarray | None]) -> list[str]:
        """Of GELU's output: each token has the scale that its largest value asks for."""
        graph, width = self.graph, len(weights[0])
        largest = graph.add("ReduceMax", x, graph.constant([-1]), keepdims=1)
        upwards = graph.add("Mul", largest, graph.constant(1 / (255 - TOKEN_ZERO)))
        scale = graph.add("Max", upwards, graph.constant(GELU_LOW / TOKEN_ZERO))
        flat = graph.add("Reshape", scale, graph.constant([-1]))
        zero = graph.constant(np.uint8(TOKEN_ZERO))
        zeros = graph.add("Expand", zero, graph.add("Shape", flat))
        rows = graph.add("Reshape", x, graph.constant([-1, width]))
        rows = graph.add("QuantizeLinear", rows, flat, zeros, axis=0)
        rows = graph.add("Reshape", rows, graph.add("Shape", x))
        outputs = []
        for weight, bias in zip(weights, biases, strict=True):
            values, scales = quantized(weight)
            inputs = [rows, graph.constant(values), graph.constant(1.0), graph.constant(scales), zero, ""]
            product = graph.add("Mul", graph.add("MatMulIntegerToFloat", *inputs, domain=FUSED), scale)
            outputs.append(product if bias is None else graph.add("Add", product, graph.constant(bias)))
        return outputs


def quantized(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Int8 weights and a scale for each output: ``(inputs, outputs)`` and ``(outputs,)`` float32."""
    scales = np.maximum(np.abs(weight).max(axis=0) / 127, 1e-12).astype(np.float32)
    return np.clip(np.round(weight / scales), -127, 127).astype(np.int8), scales


def _smoothing(seen: Range, weights: list[np.ndarray]) -> np.ndarray:
    """What to divide each input channel by and multiply its weights with: ``(channels,)`` float32."""
    activation = np.maximum(np.maximum(np.abs(seen.low), np.abs(seen.high)), 1e-4)
    weight = np.maximum(np.max([np.abs(w).max(axis=1) for w in weights], axis=0), 1e-4)
    factor = activation**SMOOTHING / weight ** (1 - SMOOTHING)
    return (factor / np.exp(np.log(factor).mean())).astype(np.float32)
