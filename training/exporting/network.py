"""The whole network as a graph: a BERT-like encoder, pooling, the heads, and the words counted beside them.

Batches hold passages of one length, so there is no padding and no mask anywhere. Tokens come first and passages
second inside: attention then needs no transposed copies of queries, keys and values.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx

from ...model.errors import UserError
from ...model.network import PassageClassifier
from .graph import FUSED, Graph
from .lexical import add_lexical
from .linear import Form, Linears, Range

POSITION_OFFSET = {"bert": False, "roberta": True, "xlm-roberta": True, "camembert": True}
"""Backbones that are laid out like BERT, and whether their positions start behind the padding's."""
INPUT = "input_ids"


def check_exportable(network: PassageClassifier) -> None:
    """Raise a `UserError` for a backbone that has no graph here."""
    encoder = network.config.encoder
    kind, activation = encoder.get("model_type"), encoder.get("hidden_act")
    if kind not in POSITION_OFFSET or activation != "gelu" or encoder.get("is_decoder"):
        raise UserError(
            f"backbone {kind!r} with activation {activation!r}: only {', '.join(POSITION_OFFSET)} with 'gelu' "
            "can be exported. Score this bundle with --engine torch"
        )


def layer_names(network: PassageClassifier) -> list[str]:
    """Names of the linear layers that can be quantized, from the input to the output."""
    depth = network.config.encoder["num_hidden_layers"]
    return [f"{index}.{part}" for index in range(depth) for part in ("attend", "mix", "widen", "narrow")]


def build_network(
    network: PassageClassifier,
    *,
    forms: Mapping[str, Form] | None = None,
    ranges: Mapping[str, Range] | None = None,
    show_inputs: bool = False,
) -> tuple[onnx.ModelProto, list[str]]:
    """The graph: `input_ids` ``(passages, tokens)`` int64 to logits ``(passages, leaves of all tasks)``.

    Args:
        forms: form of the linear layers by name; `fp32` where not named.
        ranges: input ranges for the form `fixed`.
        show_inputs: put out the linear layers' inputs too, in the order of the returned names.
    """
    weights = {name: value.detach().cpu().numpy() for name, value in network.state_dict().items()}
    graph = Graph()
    linears = Linears(graph, forms or {}, ranges or {})
    hidden = _embedded(graph, weights, network.config.encoder)
    features = []
    for index in range(network.config.encoder["num_hidden_layers"]):
        hidden = _layer(graph, linears, weights, network.config.encoder, index=index, x=hidden)
        if index + 1 in network.layers:
            features.append(graph.add("ReduceMean", hidden, graph.constant([0]), keepdims=0))
    if network.config.pooling == "mean_max":
        features.append(graph.add("ReduceMax", hidden, graph.constant([0]), keepdims=0))
    pooled = graph.add("Concat", *features, axis=1) if len(features) > 1 else features[0]
    heads = [f"heads.task_{task}" for task in network.config.heads]
    weight = np.concatenate([weights[f"{head}.weight"].T for head in heads], axis=1)
    bias = np.concatenate([weights[f"{head}.bias"] for head in heads])
    logits = graph.add("Gemm", pooled, graph.constant(weight), graph.constant(bias))
    if network.lexical is not None:
        logits = graph.add("Add", logits, add_lexical(graph, network.lexical, ids=INPUT, tasks=network.config.heads))
    shown = [*linears.inputs.values()] if show_inputs else []
    model = graph.model(inputs={INPUT: ("passages", "tokens")}, outputs=[logits, *shown])
    return model, list(linears.inputs)


def _embedded(graph: Graph, weights: Mapping[str, np.ndarray], config: Mapping) -> str:
    """Token, position and type embeddings, normalised: ``(tokens, passages, hidden)``."""
    own = "encoder.embeddings."
    first = config["pad_token_id"] + 1 if POSITION_OFFSET[config["model_type"]] else 0
    positions = weights[f"{own}position_embeddings.weight"][first:] + weights[f"{own}token_type_embeddings.weight"][0]
    ids = graph.add("Transpose", INPUT, perm=[1, 0])
    length = graph.add("Shape", ids, start=0, end=1)
    here = graph.add("Slice", graph.constant(positions[:, None]), graph.constant([0]), length, graph.constant([0]))
    tokens = graph.add("Gather", graph.constant(weights[f"{own}word_embeddings.weight"]), ids)
    return _normed(graph, weights, config, f"{own}LayerNorm", graph.add("Add", tokens, here))


def _layer(
    graph: Graph, linears: Linears, weights: Mapping[str, np.ndarray], config: Mapping, *, index: int, x: str
) -> str:
    """One layer of the encoder: attention, then the two dense layers, each added to its input and normalised."""
    own = f"encoder.encoder.layer.{index}."

    def weight(name: str) -> np.ndarray:
        return weights[f"{own}{name}.weight"].T

    def bias(name: str) -> np.ndarray:
        return weights[f"{own}{name}.bias"]

    width = config["hidden_size"] // config["num_attention_heads"]
    query, key, value = (f"attention.self.{part}" for part in ("query", "key", "value"))
    # A key's bias shifts all scores of a query alike; a value's passes through to the output.
    parts = linears.add(
        f"{index}.attend",
        x,
        [weight(query) * width**-0.5, weight(key), weight(value)],
        [bias(query) * width**-0.5, None, None],
    )
    shape = graph.constant([0, -1, width])
    q, k, v = (graph.add("Reshape", part, shape) for part in parts)
    scores = graph.add("FusedMatMul", q, k, domain=FUSED, transB=1, transBatchA=1, transBatchB=1)
    mixed = graph.add("FusedMatMul", graph.add("Softmax", scores, axis=-1), v, domain=FUSED, transBatchB=1)
    mixed = graph.add("Transpose", mixed, perm=[1, 0, 2])
    mixed = graph.add("Reshape", mixed, graph.constant([0, -1, config["hidden_size"]]))
    dense = "attention.output.dense"
    [out] = linears.add(f"{index}.mix", mixed, [weight(dense)], [bias(dense) + bias(value) @ weight(dense)])
    x = _normed(graph, weights, config, f"{own}attention.output.LayerNorm", graph.add("Add", out, x))
    [wide] = linears.add(f"{index}.widen", x, [weight("intermediate.dense")], [bias("intermediate.dense")])
    active = graph.add("Gelu", wide, domain=FUSED)
    [out] = linears.add(f"{index}.narrow", active, [weight("output.dense")], [bias("output.dense")])
    return _normed(graph, weights, config, f"{own}output.LayerNorm", graph.add("Add", out, x))


def _normed(graph: Graph, weights: Mapping[str, np.ndarray], config: Mapping, name: str, x: str) -> str:
    scale, bias = (graph.constant(weights[f"{name}.{part}"]) for part in ("weight", "bias"))
    return graph.add("LayerNormalization", x, scale, bias, axis=-1, epsilon=config["layer_norm_eps"])
