"""Ranges of the linear layers' inputs over real passages, and which layers int8 hurts most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from ...model.network import PassageClassifier
from ...model.onnx_classifier import OnnxClassifier
from ...model.tokens import encode, equal_batches
from .linear import Form, Range
from .network import INPUT, build_network, layer_names

TOKENS = 1_024


def input_ranges(network: PassageClassifier, tokenizer: Tokenizer, texts: Sequence[str]) -> dict[str, Range]:
    """Least and largest input of every linear layer, channel by channel, over these passages."""
    model, names = build_network(network, show_inputs=True)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    ids, _ = encode(tokenizer, texts, max_tokens=network.config.max_tokens)
    ranges: dict[str, Range] = {}
    for batch in equal_batches(np.array([len(row) for row in ids]), tokens=TOKENS):
        _, *inputs = session.run(None, {INPUT: np.stack([ids[i] for i in batch])})
        for name, values in zip(names, inputs, strict=True):
            low, high = values.min(axis=(0, 1)), values.max(axis=(0, 1))
            if name in ranges:
                low, high = np.minimum(low, ranges[name].low), np.maximum(high, ranges[name].high)
            ranges[name] = Range(low, high)
    return ranges


def int8_forms(network: PassageClassifier, *, but: Sequence[str] = ()) -> dict[str, Form]:
    """Every linear layer in int8, but for some. GELU's outputs differ most from token to token."""
    return {name: "token" if name.endswith("narrow") else "fixed" for name in layer_names(network) if name not in but}


def by_harm(
    network: PassageClassifier,
    tokenizer: Tokenizer,
    texts: Sequence[str],
    *,
    ranges: Mapping[str, Range],
    reference: np.ndarray,
) -> list[str]:
    """Linear layers, first the one whose int8 form alone moves the logits most.

    Args:
        reference: the network's logits for these texts, ``(passages, leaves of all tasks)``.
    """
    harm = {}
    for name, form in int8_forms(network).items():
        model, _ = build_network(network, forms={name: form}, ranges=ranges)
        moved = run_model(model.SerializeToString(), network, tokenizer, texts) - reference
        harm[name] = float(np.square(moved).mean())
    return sorted(harm, key=lambda name: -harm[name])


def run_model(model: bytes, network: PassageClassifier, tokenizer: Tokenizer, texts: Sequence[str]) -> np.ndarray:
    """Logits of a graph: ``(passages, leaves of all tasks)``."""
    classifier = OnnxClassifier(model, tokenizer, heads=network.config.heads, max_tokens=network.config.max_tokens)
    return np.concatenate([*classifier.logits(texts).tasks.values()], axis=1)
