from __future__ import annotations

import pytest
import torch
from transformers import AutoConfig, AutoModel

from narrashift.model.codebook import Codebook
from narrashift.model.network import PassageClassifier, PassageConfig, from_backbone

IDS = torch.tensor([[2, 10, 11, 12, 13, 3], [2, 20, 21, 3, 0, 0]])
MASK = torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0]])

SMALL = {
    "vocab_size": 100,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
}
FAMILIES = {
    "roberta": SMALL,
    "xlm-roberta": SMALL,
    "mpnet": SMALL,
    "deberta-v2": SMALL,
    "albert": SMALL | {"embedding_size": 8},
    "distilbert": {"vocab_size": 100, "dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32},
}


@pytest.fixture(scope="module")
def network(tiny_backbone, codebook) -> PassageClassifier:
    torch.manual_seed(0)
    return from_backbone(str(tiny_backbone), codebook=codebook, max_tokens=64, dropout=0.1).eval()


def test_every_task_has_a_head_as_wide_as_its_leaves(network, codebook):
    logits = network(IDS, MASK)
    assert {name: tuple(values.shape) for name, values in logits.items()} == {
        name: (2, len(task.leaves)) for name, task in codebook.tasks.items()
    }


def test_the_encoder_has_the_weights_of_the_backbone(network, tiny_backbone):
    backbone = AutoModel.from_pretrained(tiny_backbone, add_pooling_layer=False)
    own = network.encoder.state_dict()
    assert own.keys() == backbone.state_dict().keys()
    assert all(torch.equal(own[name], values) for name, values in backbone.state_dict().items())


def test_pooling_is_the_mean_over_tokens_and_not_over_padding(network):
    hidden = network.encoder(input_ids=IDS, attention_mask=MASK).last_hidden_state
    expected = torch.stack([hidden[0].mean(dim=0), hidden[1, :4].mean(dim=0)])
    torch.testing.assert_close(network.pool(IDS, MASK), expected)


def test_what_stands_in_the_padding_does_not_matter(network):
    other = torch.where(MASK == 1, IDS, 77)
    for task, values in network(IDS, MASK).items():
        torch.testing.assert_close(network(other, MASK)[task], values, atol=1e-6, rtol=0)


def test_features_are_dropped_in_training_only(network):
    network.train()
    torch.manual_seed(0)
    first, second = network(IDS, MASK)["stance"], network(IDS, MASK)["stance"]
    network.eval()
    assert not torch.equal(first, second)
    assert torch.equal(network(IDS, MASK)["stance"], network(IDS, MASK)["stance"])


def test_a_saved_network_gives_the_same_logits_after_loading(network, tmp_path):
    network.save_pretrained(tmp_path)
    again, report = PassageClassifier.from_pretrained(tmp_path, output_loading_info=True)
    assert not any(report.values())
    logits = again.eval()(IDS, MASK)
    assert all(torch.equal(logits[task], values) for task, values in network(IDS, MASK).items())
    assert {p.name for p in tmp_path.iterdir()} == {"config.json", "model.safetensors"}


def test_a_saved_configuration_is_read_back(network, tmp_path):
    network.save_pretrained(tmp_path)
    config = PassageConfig.from_pretrained(tmp_path)
    assert (config.heads, config.max_tokens, config.dropout) == (network.config.heads, 64, 0.1)
    assert config.encoder["hidden_size"] == 32


@pytest.mark.parametrize(
    "name", ["type", "values", "training", "update", "gamma", "beta", "encoder", "LayerNorm", "a-b"]
)
def test_a_task_may_have_any_name_that_a_codebook_may_have(tiny_backbone, mood, tmp_path, name):
    codebook = Codebook(name="own", version="1", tasks={name: mood.tasks["mood"]})
    network = from_backbone(str(tiny_backbone), codebook=codebook, max_tokens=64, dropout=0.1).eval()
    network.save_pretrained(tmp_path)
    again = PassageClassifier.from_pretrained(tmp_path).eval()
    assert torch.equal(again(IDS, MASK)[name], network(IDS, MASK)[name])


@pytest.mark.parametrize("family", FAMILIES)
def test_encoders_of_other_families_are_pooled_saved_and_loaded_alike(family, mood, tmp_path):
    torch.manual_seed(0)
    config = AutoConfig.for_model(family, **FAMILIES[family], pad_token_id=0)
    AutoModel.from_config(config).save_pretrained(tmp_path / "backbone")
    network = from_backbone(str(tmp_path / "backbone"), codebook=mood, max_tokens=64, dropout=0.1).eval()
    network.save_pretrained(tmp_path / "saved")
    again = PassageClassifier.from_pretrained(tmp_path / "saved").eval()
    logits = network(IDS, MASK)["mood"]
    assert torch.equal(again(IDS, MASK)["mood"], logits)
    torch.testing.assert_close(network(IDS[1:, :4], MASK[1:, :4])["mood"], logits[1:], atol=1e-5, rtol=0)
    assert not torch.allclose(logits[0], logits[1], atol=1e-5)


def test_heads_see_the_means_of_several_layers_side_by_side(tiny_backbone, mood, tmp_path):
    network = from_backbone(str(tiny_backbone), codebook=mood, max_tokens=64, dropout=0.1, layers=3).eval()
    depth = network.config.encoder["num_hidden_layers"]
    assert network.config.layers == [max(1, depth // 2), depth]  # three of two layers are two
    hidden = network.encoder(input_ids=IDS, attention_mask=MASK, output_hidden_states=True).hidden_states
    read = torch.cat([hidden[layer] for layer in network.config.layers], dim=-1)
    expected = torch.stack([read[0].mean(dim=0), read[1, :4].mean(dim=0)])
    torch.testing.assert_close(network.pool(IDS, MASK), expected)
    network.save_pretrained(tmp_path)
    again = PassageClassifier.from_pretrained(tmp_path).eval()
    assert torch.equal(again(IDS, MASK)["mood"], network(IDS, MASK)["mood"])


@pytest.mark.parametrize("layers", [1, 3])
def test_heads_see_the_top_layers_maxima_behind_the_means(tiny_backbone, mood, tmp_path, layers):
    options = {"codebook": mood, "max_tokens": 64, "dropout": 0.1, "layers": layers}
    plain = from_backbone(str(tiny_backbone), **options).eval()
    network = from_backbone(str(tiny_backbone), **options, pooling="mean_max").eval()
    hidden = network.encoder(input_ids=IDS, attention_mask=MASK).last_hidden_state
    most = torch.stack([hidden[0].amax(dim=0), hidden[1, :4].amax(dim=0)])
    torch.testing.assert_close(network.pool(IDS, MASK), torch.cat([plain.pool(IDS, MASK), most], dim=1))
    assert network.pooled == [*plain.pooled, (network.layers[-1], "max")]
    network.save_pretrained(tmp_path)
    again = PassageClassifier.from_pretrained(tmp_path).eval()
    assert torch.equal(again(IDS, MASK)["mood"], network(IDS, MASK)["mood"])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_maxima_of_padding_are_none_in_half_precision_either(tiny_backbone, mood, dtype):
    network = from_backbone(str(tiny_backbone), codebook=mood, max_tokens=64, dropout=0.1, pooling="mean_max")
    network = network.eval().to(dtype)
    torch.testing.assert_close(network.pool(IDS, MASK)[1:], network.pool(IDS[1:, :4], MASK[1:, :4]), atol=0.05, rtol=0)


@pytest.mark.parametrize("family", FAMILIES)
def test_encoders_of_other_families_end_with_the_layer_on_top(family, mood, tmp_path):
    torch.manual_seed(0)
    AutoModel.from_config(AutoConfig.for_model(family, **FAMILIES[family], pad_token_id=0)).save_pretrained(tmp_path)
    one, two = (
        from_backbone(str(tmp_path), codebook=mood, max_tokens=64, dropout=0.1, layers=layers).eval()
        for layers in (1, 2)
    )
    below, top = two.pool(IDS, MASK).chunk(2, dim=1)
    torch.testing.assert_close(top, one.pool(IDS, MASK))
    assert not torch.allclose(below, top, atol=1e-5)
