"""The state of an unfinished training run on disk: safetensors and JSON, written whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from ...model.errors import UserError, first_line
from ...model.folders import whole_file, write_whole

STATE, BEST, POSITION = "state-{}.safetensors", "best-{}.safetensors", "position.json"


@dataclass
class Position:
    """Where a run is: the next epoch and batch, the sums of the present epoch, the best epoch, what was measured.

    `fingerprint` names data, settings and codebook; a run with another one cannot be gone on with. `passages` is the
    size of a batch, once chosen: a run that is gone on with elsewhere keeps it.
    """

    fingerprint: str
    epoch: int = 0
    batch: int = 0
    step: int = 0
    best_epoch: int = -1
    best_score: float = float("-inf")
    run_id: str | None = None
    seconds: float = 0.0
    loss_sum: float = 0.0
    tokens: int = 0
    history: list[dict[str, float]] = field(default_factory=list)
    state_file: str = ""
    best_file: str = ""
    passages: int = 0

    def end_epoch(self, score: float) -> bool:
        """Go on to the next epoch; whether this one is the best so far."""
        is_best = not score <= self.best_score
        if is_best:
            self.best_epoch, self.best_score = self.epoch, score
        self.epoch, self.batch, self.loss_sum, self.tokens = self.epoch + 1, 0, 0.0, 0
        return is_best


def save(
    folder: Path,
    position: Position,
    *,
    network: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    is_best: bool = False,
) -> None:
    """Write weights, optimizer and random state, then the position that names them, then drop the old.

    Killed at any moment, the folder holds a position together with the files that belong to it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    old = {position.state_file, position.best_file}
    if is_best:
        position.best_file = BEST.format(position.step)
        _write(dict(network.state_dict()), folder / position.best_file)
    tensors = tensors_of(network=network, optimizer=optimizer)
    tensors["random/cpu"] = torch.get_rng_state()
    if torch.cuda.is_available():
        tensors["random/cuda"] = torch.cuda.get_rng_state()
    position.state_file = STATE.format(position.step)
    _write(tensors, folder / position.state_file)
    save_position(folder, position)
    for name in old - {position.state_file, position.best_file, ""}:
        (folder / name).unlink(missing_ok=True)


def save_position(folder: Path, position: Position) -> None:
    """Write `position.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / POSITION, json.dumps(position.__dict__, indent=1))


def read_position(folder: Path, *, fingerprint: str) -> Position:
    """The position of the run in this folder.

    Raises:
        UserError: nothing to go on with, or another run's.
    """
    path = folder / POSITION
    if not path.exists():
        raise UserError(f"{folder}: no interrupted run to go on with. Start it without --resume")
    try:
        position = Position(**json.loads(path.read_text("utf-8")))
    except (ValueError, TypeError) as error:
        raise UserError(f"{path}: broken ({error}). Start again without --resume") from None
    if position.fingerprint != fingerprint:
        raise UserError(
            f"{folder}: belongs to a run with other data or settings. Repeat those, or start without --resume"
        )
    return position


def restore(folder: Path, position: Position, *, network: torch.nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Put weights, optimizer and random state back to where `save` left them."""
    if not position.state_file:
        return
    tensors = _read(folder / position.state_file)
    put_back(tensors, network=network, optimizer=optimizer)
    torch.set_rng_state(tensors["random/cpu"])
    if "random/cuda" in tensors and torch.cuda.is_available():
        torch.cuda.set_rng_state(tensors["random/cuda"])


def tensors_of(*, network: torch.nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Weights and state of the optimizer, by name."""
    tensors = {f"network/{name}": value for name, value in network.state_dict().items()}
    for index, entries in optimizer.state_dict()["state"].items():
        for key, value in entries.items():
            tensors[f"optimizer/{index}/{key}"] = torch.as_tensor(value)
    return tensors


def put_back(tensors: Mapping[str, Tensor], *, network: torch.nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Put weights and state of the optimizer to what `tensors_of` gave."""
    network.load_state_dict(_part(tensors, "network/"))
    state: dict[int, dict[str, Any]] = {}
    for name, value in _part(tensors, "optimizer/").items():
        index, key = name.split("/")
        state.setdefault(int(index), {})[key] = value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def load_best(folder: Path, position: Position, *, network: torch.nn.Module) -> None:
    """Put the weights of the best epoch into the network."""
    network.load_state_dict(_read(folder / position.best_file))


def _read(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except Exception as error:  # missing, cut short, no safetensors: each raises its own
        raise UserError(f"{path}: cannot be read ({first_line(error)}). Start again without --resume") from None


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _write(tensors: dict[str, Tensor], path: Path) -> None:
    with whole_file(path) as temporary:
        save_file({name: value.contiguous() for name, value in tensors.items()}, temporary)
