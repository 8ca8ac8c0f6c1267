"""The most that a machine could score: its measured peak of matrix products, over the multiply-adds of a token."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

SHAPES = ((2048, 2048, 2048), (1024, 1024, 1024), (1024, 384, 1536), (1024, 1536, 384))
"""Rows, inputs, outputs. Large ones, and those of a MiniLM layer: the best counts, so that the ceiling is high."""
SECONDS = 1.5


def multiply_adds(encoder: dict[str, Any], *, length: float) -> float:
    """Of one token in the encoder's linear layers, and in attention over `length` tokens."""
    hidden, wide = encoder["hidden_size"], encoder["intermediate_size"]
    return encoder["num_hidden_layers"] * (4 * hidden**2 + 2 * hidden * wide + 2 * length * hidden)


def peak(kind: Literal["fp32", "int8"], *, threads: int) -> float:
    """Multiply-adds a second: the best over shapes, each product on a core of its own, or all cores at one product."""
    found = []
    for shape in SHAPES:
        found.append(_rate(kind, shape, sessions=threads, threads=1))
        if threads > 1:
            found.append(_rate(kind, shape, sessions=1, threads=threads))
    return max(found)


def _rate(kind: str, shape: tuple[int, int, int], *, sessions: int, threads: int) -> float:
    rows, inputs, outputs = shape
    rng = np.random.default_rng(0)
    if kind == "fp32":
        operator, left, element = "MatMul", rng.normal(size=(rows, inputs)).astype(np.float32), TensorProto.FLOAT
        right, result = rng.normal(size=(inputs, outputs)).astype(np.float32), TensorProto.FLOAT
    else:
        operator, left, element = (
            "MatMulInteger",
            rng.integers(0, 255, (rows, inputs), dtype=np.uint8),
            TensorProto.UINT8,
        )
        right, result = rng.integers(-127, 127, (inputs, outputs), dtype=np.int8), TensorProto.INT32
    graph = helper.make_graph(
        [helper.make_node(operator, ["left", "right"], ["result"])],
        "product",
        [helper.make_tensor_value_info("left", element, [rows, inputs])],
        [helper.make_tensor_value_info("result", result, [rows, outputs])],
        [numpy_helper.from_array(right, "right")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9).SerializeToString()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def work() -> int:
        done, end = 0, time.perf_counter() + SECONDS
        while time.perf_counter() < end:
            session.run(None, {"left": left})
            done += 1
        return done

    session.run(None, {"left": left})
    with ThreadPoolExecutor(sessions) as pool:
        started = time.perf_counter()
        done = sum(f.result() for f in [pool.submit(work) for _ in range(sessions)])
        return done * rows * inputs * outputs / (time.perf_counter() - started)
