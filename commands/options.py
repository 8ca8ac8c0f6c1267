"""Options that commands share, and how their values are read."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..model.errors import UserError

if TYPE_CHECKING:
    from ..serving.settings import ScoreSettings

Data = Annotated[list[Path], typer.Argument(help="Labelled passages: JSONL, CSV, TSV, Parquet (also .gz), or folders.")]
Column = Annotated[
    list[str] | None, typer.Option("--column", help="Where a column has another name: text=body. Repeatable.")
]
Encoding = Annotated[str | None, typer.Option(help="Of JSONL, CSV, TSV and text; UTF-8 by default.")]
Set = Annotated[list[str] | None, typer.Option("--set", help="Any other setting, as TOML: warmup=0.2. Repeatable.")]
Config = Annotated[Path | None, typer.Option(help="Settings from a TOML file; flags override it.")]
PrintConfig = Annotated[bool, typer.Option("--print-config", help="Print the settings as TOML and stop.")]
AllowLeaks = Annotated[
    bool, typer.Option("--allow-leaks", help="Measure although the model knows some of the passages.")
]
Track = Annotated[
    bool,
    typer.Option("--track/--no-track", envvar="NARRASHIFT_TRACK", help="Log the run in MLflow once it has ended."),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is at --out.")]


def bundle_folder(name: str) -> Path:
    """A bundle folder; `models:/…` is fetched from the tracking store."""
    if not name.startswith("models:/"):
        return Path(name)
    from ..training.tracking.registry import fetch_bundle

    return fetch_bundle(name)


def pinned_model(name: str) -> str | None:
    """The version that `models:/…` is at this moment, `models:/narrashift/3`; None of a folder."""
    if not name.startswith("models:/"):
        return None
    from ..training.tracking.registry import pinned

    return pinned(name)


def pairs(values: Sequence[str] | None) -> dict[str, str]:
    """`--column text=body`, as our name -> the data's."""
    pairs = {}
    for value in values or []:
        name, equals, other = value.partition("=")
        if not (name and equals and other):
            raise UserError(f"--column {value}: NAME=COLUMN is expected, as in text=body")
        pairs[name] = other
    return pairs


def text_settings(
    column: Sequence[str] | None, *, encoding: str | None, cut: str | None, command: str
) -> ScoreSettings:
    """How `score` reads and cuts a dump, for a command that learns from nothing but its text.

    Raises:
        UserError: another column than that of the text is named; as `ScoreSettings.read`.
    """
    from ..serving.settings import ScoreSettings

    named = pairs(column)
    if unknown := set(named) - {"text"}:
        raise UserError(f"--column {min(unknown)}=…: {command} takes text=NAME")
    return ScoreSettings.read(overrides={**named, "encoding": encoding, "cut": cut})


def assignments(values: Sequence[str] | None) -> dict[str, Any]:
    """`--set warmup=0.2`, as setting -> value; what is no TOML is text."""
    given: dict[str, Any] = {}
    for value in values or []:
        key, equals, text = value.partition("=")
        if not equals:
            raise UserError(f"--set {value}: KEY=VALUE is expected, as in warmup=0.2")
        try:
            given[key.strip()] = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            given[key.strip()] = text.strip()
    return given
