"""An ONNX graph that grows node by node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET, IR_VERSION = 18, 9
FUSED = "com.microsoft"
"""The domain of ONNX Runtime's own operators."""


class Graph:
    """Nodes and constants so far; every operator's output has a name of its own."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, values: Any, dtype: Any = None) -> str:
        """A stored array; Python floats become float32, integers int64."""
        array = np.asarray(values, dtype=dtype)
        if dtype is None and array.dtype == np.float64:
            array = array.astype(np.float32)
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), name))
        return name

    def add(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """An operator over named inputs (an empty name: left out); returns the name of its output."""
        output = f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, [*inputs], [output], name=output, domain=domain, **attributes))
        return output

    def model(self, *, inputs: Mapping[str, Sequence[str]], outputs: Sequence[str]) -> onnx.ModelProto:
        """The finished model.

        Args:
            inputs: name -> names of its dimensions; all int64.
            outputs: names of operators' outputs, float32.
        """
        graph = helper.make_graph(
            self.nodes,
            "passages",
            [helper.make_tensor_value_info(name, TensorProto.INT64, list(dims)) for name, dims in inputs.items()],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
            self.constants,
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(FUSED, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="narrashift")
