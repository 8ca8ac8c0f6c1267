"""A mirror's file: which words and labels trade places, written by hand and checked against the codebook."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...model.codebook import Codebook
from ...model.errors import UserError, suggestion
from ...model.toml import read_toml
from ..settings import TrainSettings
from .mirror import Mirror

Word = Annotated[str, Field(min_length=1)]
Labels = Annotated[dict[str, str], Field(min_length=1)]


class MirrorFile(BaseModel):
    """A file's words and labels; `seeds/mirror.toml` says what each means."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    words: Annotated[tuple[tuple[Word, Word], ...], Field(min_length=1)]
    without: tuple[Annotated[str, Field(pattern=r"[^*]")], ...] = ()
    labels: Annotated[dict[str, Labels], Field(min_length=1)]


def read_mirror(path: Path, *, codebook: Codebook) -> Mirror:
    """The mirror of a TOML file, as `seeds/mirror.toml` is one.

    Raises:
        UserError: no such file, not TOML, a key that is missing or none of ours, or a task or label that the codebook
            lacks.
    """
    file = _read(path)
    unknown = _unknown(file, codebook=codebook)
    if unknown:
        raise UserError([f"{path}, {problem}" for problem in unknown])
    pairs = [*file.words, *((one.upper(), other.upper()) for one, other in file.words)]
    there = dict(reversed(pairs))
    back = {other: one for one, other in reversed(pairs)}
    return Mirror(words=back | there, without=file.without, order=_orders(file, codebook=codebook))


def mirror_of(settings: TrainSettings, *, codebook: Codebook) -> Mirror | None:
    """The mirror that the settings name; `auto` is the one that is shipped, if the codebook has all its labels.

    Raises:
        UserError: as `read_mirror`.
    """
    if settings.mirror == "none":
        return None
    if settings.mirror != "auto":
        return read_mirror(Path(settings.mirror), codebook=codebook)
    with resources.as_file(resources.files("narrashift.seeds").joinpath("mirror.toml")) as path:
        return None if _unknown(_read(path), codebook=codebook) else read_mirror(path, codebook=codebook)


def _read(path: Path) -> MirrorFile:
    content = read_toml(path, way_out="Name a TOML file with --set mirror=FILE, or none")
    try:
        return MirrorFile.model_validate(content)
    except ValidationError as error:
        places = ((".".join(map(str, found["loc"])), found["msg"]) for found in error.errors())
        raise UserError([f"{path}, {place}: {problem}" for place, problem in places]) from None


def _unknown(file: MirrorFile, *, codebook: Codebook) -> list[str]:
    problems = []
    for name, pairs in file.labels.items():
        if name not in codebook.tasks:
            problems.append(f"labels.{name}: no such task {suggestion(name, list(codebook.tasks))}")
            continue
        leaves = list(codebook.tasks[name].leaves)
        given = [*pairs, *pairs.values()]
        for leaf in dict.fromkeys(given):
            if leaf not in leaves:
                problems.append(f"labels.{name}: {leaf} is no label of it {suggestion(leaf, leaves)}")
            elif given.count(leaf) > 1:
                problems.append(f"labels.{name}: {leaf} is named twice")
    return problems


def _orders(file: MirrorFile, *, codebook: Codebook) -> dict[str, np.ndarray]:
    orders = {}
    for name, pairs in file.labels.items():
        leaves = list(codebook.tasks[name].leaves)
        order = np.arange(len(leaves))
        for one, other in pairs.items():
            i, j = leaves.index(one), leaves.index(other)
            order[i], order[j] = j, i
        orders[name] = order
    return orders
