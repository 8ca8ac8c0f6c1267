"""The graph beside PyTorch, token ids in and logits out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnxruntime
import pytest
import torch
from transformers import AutoConfig, AutoModel

from narrashift import UserError
from narrashift.model.lexical import LexicalHead
from narrashift.model.network import PassageClassifier, PassageConfig
from narrashift.training.exporting.calibrate import int8_forms
from narrashift.training.exporting.network import build_network, check_exportable, layer_names

SMALL = {
    "vocab_size": 100, "hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 40,
    "max_position_embeddings": 40,
}  # fmt: skip


def network_of(family: str, *, layers: Sequence[int] = (), pooling: str = "mean", **changes) -> PassageClassifier:
    torch.manual_seed(0)
    config = AutoConfig.for_model(family, **SMALL | changes)
    own = PassageConfig(
        encoder=config.to_dict(), heads={"mood": 2, "frame": 4}, max_tokens=32, layers=layers, pooling=pooling
    )
    network = PassageClassifier(own).eval()
    for name, values in network.named_parameters():
        torch.nn.init.normal_(values, mean=float(name.endswith("LayerNorm.weight")), std=0.2)
    return network


def both(network: PassageClassifier, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The logits of the graph and of the network, tasks side by side."""
    model, _ = build_network(network)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    [found] = session.run(None, {"input_ids": ids})
    with torch.inference_mode():
        out = network(torch.from_numpy(ids), torch.ones(ids.shape, dtype=torch.long))
    return found, np.concatenate([values.numpy() for values in out.values()], axis=1)


def ids_of(passages: int, tokens: int) -> np.ndarray:
    """Random tokens, none of them the padding's."""
    return np.random.default_rng(passages).integers(5, 100, (passages, tokens))


@pytest.mark.parametrize("shape", [(1, 1), (1, 32), (3, 2), (7, 31)])
@pytest.mark.parametrize(
    ("family", "changes"),
    [
        ("bert", {}),
        ("bert", {"num_hidden_layers": 1, "num_attention_heads": 1}),
        ("bert", {"num_hidden_layers": 4, "layers": [2, 3, 4]}),
        ("bert", {"pooling": "mean_max"}),
        ("roberta", {"num_hidden_layers": 4, "layers": [2, 4], "pooling": "mean_max"}),
        ("roberta", {"pad_token_id": 1, "type_vocab_size": 1}),
        ("xlm-roberta", {"pad_token_id": 1, "layer_norm_eps": 1e-2}),
        ("camembert", {"pad_token_id": 0}),
    ],
)
def test_the_graph_has_the_logits_of_the_network(family, changes, shape):
    network = network_of(family, **changes)
    check_exportable(network)
    found, expected = both(network, ids_of(*shape))
    assert expected.std() > 0.1
    np.testing.assert_allclose(found, expected, atol=1e-4, rtol=0)


def test_where_a_token_stands_counts_in_the_graph():
    network = network_of("roberta", pad_token_id=1)
    ids = ids_of(1, 12)
    (there, _), (back, _) = both(network, ids), both(network, ids[:, ::-1].copy())
    assert np.abs(there - back).max() > 0.01


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (5, 17)])
def test_words_counted_beside_the_encoder_are_in_the_graph(shape):
    network = network_of("bert")
    head = LexicalHead(buckets=512, heads=network.config.heads)
    torch.nn.init.normal_(head.table)
    torch.nn.init.normal_(head.bias)
    without, _ = both(network, ids_of(*shape))
    network.add_lexical(head)
    found, expected = both(network, ids_of(*shape))
    np.testing.assert_allclose(found, expected, atol=1e-4, rtol=0)
    assert np.abs(found - without).max() > 0.1


@pytest.mark.parametrize("length", [1, 2, 20])
def test_in_unknown_words_nothing_is_counted_beside_the_encoder(length):
    network = network_of("bert")
    ids = ids_of(6, length)
    without, _ = both(network, ids)
    head = LexicalHead(buckets=512, heads=network.config.heads, vocabulary=network.config.encoder["vocab_size"])
    torch.nn.init.normal_(head.table)
    torch.nn.init.normal_(head.bias)
    torch.nn.init.normal_(head.silence)
    head.known[np.unique(ids[:4, : -(-3 * length // 4)])] = 1 / 0.9
    network.add_lexical(head)
    found, expected = both(network, ids)
    np.testing.assert_allclose(found, expected, atol=1e-4, rtol=0)
    head.known.zero_()
    head.silence.zero_()
    np.testing.assert_allclose(both(network, ids)[0], without, atol=1e-5, rtol=0)


def test_tokens_whose_products_are_large_fall_into_the_same_buckets():
    network = network_of("bert", vocab_size=300_000)
    head = LexicalHead(buckets=4_096, heads=network.config.heads)
    torch.nn.init.normal_(head.table)
    network.add_lexical(head)
    ids = np.random.default_rng(0).integers(200_000, 300_000, (2, 30))
    found, expected = both(network, ids)
    np.testing.assert_allclose(found, expected, atol=1e-4, rtol=0)


def test_every_linear_layer_can_be_named_and_has_a_form_in_int8():
    network = network_of("bert")
    _, used = build_network(network)
    assert used == layer_names(network) == list(int8_forms(network))
    assert len(used) == 8
    assert {name for name, form in int8_forms(network).items() if form == "token"} == {"0.narrow", "1.narrow"}


@pytest.mark.parametrize(
    ("family", "changes"),
    [
        ("distilbert", {"dim": 24, "n_layers": 1, "n_heads": 2, "hidden_dim": 32}),
        ("bert", {"hidden_act": "relu"}),
        ("bert", {"hidden_act": "gelu_new"}),
        ("bert", {"is_decoder": True}),
        ("mpnet", {}),
    ],
)
def test_a_backbone_without_a_graph_is_refused_with_the_way_out(family, changes):
    config = AutoConfig.for_model(family, **SMALL | changes)
    network = PassageClassifier(PassageConfig(encoder=config.to_dict(), heads={"mood": 2}))
    with pytest.raises(UserError, match=f"{family}.*--engine torch"):
        check_exportable(network)


def test_a_bundle_of_another_family_is_refused_before_anything_is_written(lively, codebook, small_corpus, tmp_path):
    from narrashift.training.exporting.export import export

    config = AutoConfig.for_model("distilbert", vocab_size=2_000, dim=16, n_layers=1, n_heads=2, hidden_dim=32)
    AutoModel.from_config(config).save_pretrained(tmp_path / "backbone")
    bundle = lively(tmp_path / "bundle", codebook=codebook, backbone=tmp_path / "backbone")
    with pytest.raises(UserError, match=r"distilbert.*--engine torch"):
        export(bundle=bundle, corpus=small_corpus)
    assert not list(bundle.glob("*onnx*"))
