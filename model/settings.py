"""Settings of a command: a frozen pydantic model from TOML, overridden by flags."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from .errors import UserError, suggestion
from .toml import read_toml, toml_value


class Settings(BaseModel):
    """Base of every command's settings: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def read(cls, path: Path | None = None, overrides: Mapping[str, Any] | None = None) -> Self:
        """Defaults, then the TOML file, then the overrides that are not None.

        Raises:
            UserError: no such file, not TOML, an unknown key or a value out of range; with file and key.
        """
        values: dict[str, Any] = {}
        if path is not None:
            values = read_toml(path, way_out="Name a TOML file with --config FILE")
        given = {key: value for key, value in (overrides or {}).items() if value is not None}
        try:
            return cls.model_validate({**values, **given})
        except ValidationError as error:
            told: dict[str, list[tuple[str, str]]] = {}
            for e in error.errors():  # each alternative of a union tells its own; the last knows the place best
                place, _, message = cls._problem(e, path=path, given=given).rpartition(": ")
                told.setdefault(str(e["loc"][0]), []).append((place, message))
            raise UserError(
                [f"{said[-1][0]}: {', or '.join(message for _, message in said)}" for said in told.values()]
            ) from None

    @classmethod
    def _problem(cls, error: Any, *, path: Path | None, given: Mapping[str, Any]) -> str:
        loc = [str(part) for part in error["loc"] if not str(part).startswith(("literal[", "dict["))]
        key = ".".join(loc)
        place = f"--{key.replace('_', '-')}" if loc[0] in given or path is None else f"{path}, {key}"
        if error["type"] == "extra_forbidden":
            return f"{place}: no such setting {suggestion(key, list(cls.model_fields))}"
        return f"{place}: {error['input']!r}: {error['msg']}"

    def to_toml(self) -> str:
        """The settings as TOML that `read` takes; what is None is left out."""
        lines = []
        for key, value in self.model_dump().items():
            if value is not None:
                lines.append(f"{key} = {toml_value(value)}")
        return "\n".join(lines) + "\n"
