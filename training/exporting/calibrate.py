"""Ranges of the linear layers' inputs over real passages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from ...model.network import PassageClassifier
from ...model.tokens import equal_batches
from ...model.windows import encode_windows
from .linear import Form, Range
from .network import INPUT, build_network, layer_names

TOKENS = 1_024


def input_ranges(network: PassageClassifier, tokenizer: Tokenizer, texts: Sequence[str]) -> dict[str, Range]:
    """Least and largest input of every linear layer, channel by channel, over these passages."""
    model, names = build_network(network, show_inputs=True)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    config = network.config
    encoded = encode_windows(tokenizer, texts, max_tokens=config.max_tokens, windows=config.windows)
    ranges: dict[str, Range] = {}
    for batch in equal_batches(encoded.lengths, tokens=TOKENS):
        _, *inputs = session.run(None, {INPUT: np.stack([encoded.ids[i] for i in batch])})
        for name, values in zip(names, inputs, strict=True):
            low, high = values.min(axis=(0, 1)), values.max(axis=(0, 1))
            if name in ranges:
                low, high = np.minimum(low, ranges[name].low), np.maximum(high, ranges[name].high)
            ranges[name] = Range(low, high)
    return ranges


def int8_forms(network: PassageClassifier) -> dict[str, Form]:
    """Every linear layer in int8. GELU's outputs differ most from token to token."""
    return {name: "token" if name.endswith("narrow") else "fixed" for name in layer_names(network)}
