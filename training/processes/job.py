"""A fine-tuning as the leader of several processes hands it out: everything that the others need, and no file."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor

from ...model.codebook import parse_codebook
from ...model.errors import UserError
from ...model.network import PassageClassifier, PassageConfig
from ..data.corpus import Corpus
from ..learning.checkpoint import Position
from ..settings import TrainSettings
from .team import GONE, Lost, current_team


@dataclass(frozen=True)
class Job:
    """What `fine_tune` takes, in a process that follows.

    Attributes:
        state: the leader's weights and optimizer, as `checkpoint.tensors_of` gives them.
    """

    network: PassageClassifier
    tokenizer: Tokenizer
    train: Corpus
    settings: TrainSettings
    position: Position
    state: dict[str, Tensor]


def hand_out(
    network: PassageClassifier,
    tokenizer: Tokenizer,
    *,
    train: Corpus,
    settings: TrainSettings,
    position: Position,
    state: Mapping[str, Tensor],
) -> None:
    """Have the others of the team run the same `fine_tune` as this process.

    Args:
        state: weights and state of the optimizer, as `checkpoint.tensors_of` gives them.

    Raises:
        UserError: they have gone.
    """
    ours = current_team()
    if ours.size == 1 or not ours.leads:
        return
    if ours.others == "lost":
        raise UserError(f"{GONE}. Start the same command again")
    arrays = {f"targets/{name}": torch.from_numpy(values) for name, values in train.targets.items()}
    arrays |= {f"soft/{name}": torch.from_numpy(values) for name, values in train.soft.items()}
    words = {
        "settings": settings.model_dump(mode="json"),
        "codebook": train.codebook.to_toml(),
        "tokenizer": tokenizer.to_str(),
        "texts": train.texts,
        "columns": train.columns,
        "config": network.config.to_dict(),
        "position": dataclasses.asdict(position) | {"state_file": "", "history": []},
    }
    ours.jobs += 1
    try:
        ours.send(words, {**arrays, **{f"state/{name}": value for name, value in state.items()}})
    except Lost:
        raise UserError(f"{GONE}. Start the same command again") from None


def read_job(words: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> Job:
    """What `hand_out` sent."""
    return Job(
        network=PassageClassifier(PassageConfig.from_dict(words["config"])),
        tokenizer=Tokenizer.from_str(words["tokenizer"]),
        train=Corpus(
            codebook=parse_codebook(words["codebook"], place="codebook"),
            texts=words["texts"],
            targets={name: value.numpy() for name, value in _part(tensors, "targets/").items()},
            columns=words["columns"],
            soft={name: value.numpy() for name, value in _part(tensors, "soft/").items()},
        ),
        settings=TrainSettings.model_validate(words["settings"]),
        position=Position(**words["position"]),
        state=_part(tensors, "state/"),
    )


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
