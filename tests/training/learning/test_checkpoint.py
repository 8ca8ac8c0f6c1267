"""The state of an unfinished run on disk: as it was, whole, and of this run."""

from __future__ import annotations

import json

import pytest
import torch

import narrashift
from narrashift.training.learning import checkpoint
from narrashift.training.learning.checkpoint import Position
from narrashift.training.learning.optimizer import build_optimizer
from narrashift.training.settings import TrainSettings


@pytest.fixture
def learner(fresh):
    """A network and its optimizer after two steps."""
    network, _ = fresh()
    optimizer = build_optimizer(network, settings=TrainSettings(freeze=1))
    for _ in range(2):
        sum(p.square().sum() for p in network.parameters() if p.requires_grad).backward()
        optimizer.step()
        optimizer.zero_grad()
    return network, optimizer


def same(one, other):
    assert one.keys() == other.keys()
    for key in one:
        assert torch.equal(torch.as_tensor(one[key]), torch.as_tensor(other[key])), key


def test_weights_optimizer_and_random_state_come_back(learner, fresh, tmp_path):
    network, optimizer = learner
    position = Position(fingerprint="f", epoch=1, batch=2, step=9, best_score=0.25, run_id="r", history=[{"x": 1.0}])
    checkpoint.save(tmp_path, position, network=network, optimizer=optimizer)
    drawn = torch.rand(3)

    again = checkpoint.read_position(tmp_path, fingerprint="f")
    assert again == position
    other, _ = fresh()
    other_optimizer = build_optimizer(other, settings=TrainSettings(freeze=1))
    checkpoint.restore(tmp_path, again, network=other, optimizer=other_optimizer)
    same(other.state_dict(), network.state_dict())
    for index, state in optimizer.state_dict()["state"].items():
        same(other_optimizer.state_dict()["state"][index], state)
    assert torch.equal(torch.rand(3), drawn)


def test_the_best_weights_outlive_later_checkpoints_and_nothing_else_does(learner, fresh, tmp_path):
    network, optimizer = learner
    position = Position(fingerprint="f", step=1)
    checkpoint.save(tmp_path, position, network=network, optimizer=optimizer, is_best=True)
    best = {name: value.clone() for name, value in network.state_dict().items()}
    for position.step in (2, 3):
        with torch.no_grad():
            next(network.heads.parameters()).add_(1)
        checkpoint.save(tmp_path, position, network=network, optimizer=optimizer)
    found = {file.name for file in tmp_path.iterdir()}
    assert found == {"best-1.safetensors", "state-3.safetensors", "position.json"}
    other, _ = fresh()
    checkpoint.load_best(tmp_path, position, network=other)
    same(other.state_dict(), best)


def test_the_same_step_can_be_saved_twice(learner, tmp_path):
    network, optimizer = learner
    position = Position(fingerprint="f", step=4)
    for _ in range(2):
        checkpoint.save(tmp_path, position, network=network, optimizer=optimizer, is_best=True)
    checkpoint.restore(
        tmp_path, checkpoint.read_position(tmp_path, fingerprint="f"), network=network, optimizer=optimizer
    )
    assert not list(tmp_path.glob("*.tmp"))


def test_a_start_without_state_leaves_the_network_alone(learner, tmp_path):
    network, optimizer = learner
    before = {name: value.clone() for name, value in network.state_dict().items()}
    checkpoint.restore(tmp_path, Position(fingerprint="f"), network=network, optimizer=optimizer)
    same(network.state_dict(), before)


def test_nothing_to_go_on_with(tmp_path):
    with pytest.raises(narrashift.UserError, match="no interrupted run to go on with. Start it without --resume"):
        checkpoint.read_position(tmp_path / "none", fingerprint="f")


def test_a_run_of_other_data_or_settings_is_not_gone_on_with(tmp_path):
    checkpoint.save_position(tmp_path, Position(fingerprint="one"))
    with pytest.raises(narrashift.UserError, match="other data or settings"):
        checkpoint.read_position(tmp_path, fingerprint="another")


@pytest.mark.parametrize("content", ["", "{", "null", "[]", '{"epoch": 1}', '{"fingerprint": "f", "unknown": 1}'])
def test_a_broken_position(content, tmp_path):
    (tmp_path / "position.json").write_text(content)
    with pytest.raises(narrashift.UserError, match=r"position.json: broken .*without --resume"):
        checkpoint.read_position(tmp_path, fingerprint="f")


@pytest.mark.parametrize("damage", ["missing", "cut short"])
def test_a_damaged_state_is_explained(damage, learner, tmp_path):
    network, optimizer = learner
    position = Position(fingerprint="f", step=1)
    checkpoint.save(tmp_path, position, network=network, optimizer=optimizer)
    state = tmp_path / position.state_file
    if damage == "missing":
        state.unlink()
    else:
        state.write_bytes(state.read_bytes()[:1_000])
    with pytest.raises(narrashift.UserError, match="without --resume"):
        checkpoint.restore(tmp_path, position, network=network, optimizer=optimizer)


def test_a_position_that_has_seen_no_epoch_is_readable(tmp_path):
    checkpoint.save_position(tmp_path, Position(fingerprint="f"))
    assert checkpoint.read_position(tmp_path, fingerprint="f").best_score == float("-inf")
    assert json.loads((tmp_path / "position.json").read_text())["step"] == 0
