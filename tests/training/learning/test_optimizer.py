"""Learning rates per layer, what is frozen, and how the rate rises and falls."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from narrashift.training.learning.optimizer import build_optimizer, set_rate
from narrashift.training.settings import TrainSettings

SETTINGS = {"learning_rate": 1e-3, "head_learning_rate": 1e-2, "layer_decay": 0.5, "weight_decay": 0.1}


def groups_by_name(network, optimizer):
    """Name of each parameter that learns -> its group."""
    names = {id(parameter): name for name, parameter in network.named_parameters()}
    return {names[id(p)]: group for group in optimizer.param_groups for p in group["params"]}


@pytest.fixture
def network(fresh):
    return fresh()[0]


def test_each_layer_learns_slower_than_the_one_above(network):
    groups = groups_by_name(network, build_optimizer(network, settings=TrainSettings(freeze=0, **SETTINGS)))
    rate = lambda name: groups[name]["lr"]  # noqa: E731
    assert {group["lr"] for name, group in groups.items() if name.startswith("heads.")} == {1e-2}
    assert rate("encoder.encoder.layer.1.output.dense.weight") == 1e-3
    assert rate("encoder.encoder.layer.0.attention.self.query.bias") == 5e-4
    assert rate("encoder.embeddings.word_embeddings.weight") == 2.5e-4


def test_every_parameter_learns_in_exactly_one_group(network):
    optimizer = build_optimizer(network, settings=TrainSettings(freeze=0, **SETTINGS))
    listed = [id(p) for group in optimizer.param_groups for p in group["params"]]
    assert sorted(listed) == sorted(id(p) for p in network.parameters())


def test_biases_and_normalisations_do_not_decay(network):
    groups = groups_by_name(network, build_optimizer(network, settings=TrainSettings(freeze=0, **SETTINGS)))
    for name, group in groups.items():
        assert group["weight_decay"] == (0 if name.endswith("bias") or "LayerNorm" in name else 0.1), name


ALL = ("embeddings", "layer.0", "layer.1", "heads")


@pytest.mark.parametrize(("freeze", "learning"), [(0, ALL), (1, ALL[1:]), (2, ALL[2:]), (3, ALL[3:])])
def test_freezing_goes_from_the_bottom_and_spares_the_heads(freeze, learning, network):
    groups = groups_by_name(network, build_optimizer(network, settings=TrainSettings(freeze=freeze, **SETTINGS)))
    assert tuple(part for part in ALL if any(part in name for name in groups)) == learning
    assert {name for name, p in network.named_parameters() if p.requires_grad} == set(groups)


def test_freezing_more_than_there_is_still_spares_the_heads_or_is_explained(network):
    from narrashift import UserError

    try:
        groups = groups_by_name(network, build_optimizer(network, settings=TrainSettings(freeze=99, **SETTINGS)))
        assert any(name.startswith("heads.") for name in groups)
    except UserError as error:
        assert "freeze" in str(error)


def test_backbones_that_count_their_layers_under_another_name_have_the_same_rates(tmp_path, codebook):
    from transformers import DistilBertConfig, DistilBertModel

    from narrashift.model.network import from_backbone

    DistilBertModel(DistilBertConfig(vocab_size=50, dim=16, n_layers=2, n_heads=2, hidden_dim=16)).save_pretrained(
        tmp_path
    )
    network = from_backbone(str(tmp_path), codebook=codebook, max_tokens=64, dropout=0.1)
    groups = groups_by_name(network, build_optimizer(network, settings=TrainSettings(freeze=1, **SETTINGS)))
    assert groups["encoder.transformer.layer.1.ffn.lin1.weight"]["lr"] == 1e-3
    assert groups["encoder.transformer.layer.0.ffn.lin1.weight"]["lr"] == 5e-4
    assert {group["lr"] for name, group in groups.items() if name.startswith("heads.")} == {1e-2}
    assert not any("embeddings" in name for name in groups)


def test_the_rate_rises_over_the_warmup_and_falls_to_the_end():
    peak = 0.4
    optimizer = torch.optim.SGD([{"params": [torch.zeros(1, requires_grad=True)], "peak": peak}], lr=peak)
    rates = []
    for step in range(20):
        set_rate(optimizer, step=step, steps=20, warmup=0.25)
        rates.append(optimizer.param_groups[0]["lr"])
    assert rates[:5] == pytest.approx([0.08, 0.16, 0.24, 0.32, 0.4])
    assert rates[5] == pytest.approx(peak)
    assert all(earlier > later > 0 for earlier, later in pairwise(rates[5:]))


@pytest.mark.parametrize(("steps", "warmup"), [(1, 0.0), (1, 0.5), (3, 0.99)])
def test_the_rate_of_the_shortest_runs_is_positive_and_never_above_its_peak(steps, warmup):
    optimizer = torch.optim.SGD([{"params": [torch.zeros(1, requires_grad=True)], "peak": 1.0}], lr=1.0)
    for step in range(steps):
        set_rate(optimizer, step=step, steps=steps, warmup=warmup)
        assert 0 < optimizer.param_groups[0]["lr"] <= 1
