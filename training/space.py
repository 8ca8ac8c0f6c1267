"""What a sweep may choose: a range or a list for each setting."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from ..model.errors import UserError, suggestion
from ..model.toml import read_toml
from .settings import TrainSettings

if TYPE_CHECKING:
    from optuna import Trial


class Range(BaseModel):
    """Numbers from `low` to `high`; whole ones where both are; evenly in their logarithm with `log`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    low: int | float
    high: int | float
    log: bool = False

    @model_validator(mode="after")
    def _in_order(self) -> Range:
        if not self.low < self.high or (self.log and self.low <= 0):
            raise ValueError("low below high is expected, and above 0 with log")
        return self


Choices = Annotated[list[str | bool | int | float], Field(min_length=1)]
Space = dict[str, Range | Choices]

DEFAULT: Space = {
    "learning_rate": Range(low=5e-5, high=5e-4, log=True),
    "epochs": Range(low=2, high=8),
    "batch": [16, 32],
    "layer_decay": Range(low=0.8, high=1.0),
    "dropout": Range(low=0.0, high=0.3),
    "label_smoothing": Range(low=0.0, high=0.2),
    "class_weights": ["none", "auto"],
}


def read_space(path: Path | None) -> Space:
    """The space in a TOML file: `batch = [16, 32]`, `dropout = { low = 0.0, high = 0.3 }`; the default without.

    Raises:
        UserError: not TOML, no such setting, or neither a range nor a list.
    """
    if path is None:
        return DEFAULT
    content = read_toml(path, way_out="Name a TOML file with --space FILE")
    try:
        space = TypeAdapter(Space).validate_python(content)
    except ValidationError as error:
        names = dict.fromkeys(str(e["loc"][0]) for e in error.errors())
        raise UserError(
            [f"{path}, {name}: {{ low = …, high = … }} with low below high, or a list, is expected" for name in names]
        ) from None
    unknown = [name for name in space if name not in TrainSettings.model_fields]
    if unknown:
        known = list(TrainSettings.model_fields)
        raise UserError([f"{path}, {name}: no such setting {suggestion(name, known)}" for name in unknown])
    if not space:
        raise UserError(f"{path}: names no setting to choose")
    return space


def suggest(trial: Trial, space: Space) -> dict[str, Any]:
    """A value for every setting of the space."""
    chosen: dict[str, Any] = {}
    for name, allowed in space.items():
        if not isinstance(allowed, Range):
            chosen[name] = trial.suggest_categorical(name, allowed)
        elif isinstance(allowed.low, int) and isinstance(allowed.high, int):
            chosen[name] = trial.suggest_int(name, allowed.low, allowed.high, log=allowed.log)
        else:
            chosen[name] = trial.suggest_float(name, allowed.low, allowed.high, log=allowed.log)
    return chosen
