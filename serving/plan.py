"""What a scoring run will do: its input, columns, engine and fingerprint, settled before the first article is read."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from ..model.bundle import Bundle, open_bundle
from ..model.decision import check_risk
from ..model.errors import UserError, suggestion
from ..model.held_out import FILE as HELD_OUT
from ..model.language import check_languages
from ..model.measured import FILE as LANGUAGES
from ..model.progress import Progress
from ..rows import Input, find_files, name_inputs
from .articles import Columns, plan_columns
from .duplicates import DUPLICATES
from .engines import choose_engine
from .evidence import evidence_fields
from .fingerprint import fingerprint
from .folder import ERROR_FILE, ERROR_PARTS, PARTS, PROGRESS, RUN
from .origin import origin_fields
from .settings import Engine, ScoreSettings
from .sketches import SKETCHES
from .spreadsheet import CSV_FILE
from .standard_input import spooled_in, with_standard_input
from .table import own_columns, score_schema
from .traced import TRACKED
from .unchanged import State, check_unchanged, file_states

OWN_FILES = (
    PARTS, ERROR_PARTS, ERROR_FILE, RUN, PROGRESS, CSV_FILE, HELD_OUT, SKETCHES, DUPLICATES, TRACKED, LANGUAGES,
)  # fmt: skip
"""Of a score folder that lies inside the dump: no input."""


@dataclass(frozen=True)
class Plan:
    """What a run will do, settled before the first article is read.

    Attributes:
        identity: the content of `run.json`.
        rows: of the input, about; 0 where that cannot be told.
        states: how the input files looked before they were read.
    """

    out: Path
    bundle: Bundle
    engine: Engine
    settings: ScoreSettings
    inputs: list[Input]
    columns: Columns
    schema: pa.Schema
    identity: dict[str, Any]
    rows: int
    states: list[State]

    def check(self, *, first: int, last: int, doubted: Collection[int] = ()) -> None:
        """Raise a `UserError` where one of these input files is no longer what the fingerprint is of."""
        check_unchanged(
            self.inputs, states=self.states, files=self.identity["input"], first=first, last=last, doubted=doubted
        )


def plan_run(
    inputs: Iterable[Path | str], *, model: Path | str, out: Path | str, settings: ScoreSettings, progress: Progress
) -> Plan:
    """Find the input, settle columns and engine, and take the run's fingerprint.

    Raises:
        UserError: as `score`.
    """
    out = Path(out)
    bundle = open_bundle(model)
    check_risk(settings.abstain, decision=bundle.decision, place=bundle.path)
    named = with_standard_input(inputs, out=out, format=settings.input_format)
    own = {out.resolve() / name for name in OWN_FILES} | spooled_in(out) - {path.resolve() for path in named}
    files = find_files(named, format=settings.input_format)
    found = [file for file in files if not own & {(real := Path(os.path.realpath(file))), *real.parents}]
    entries = name_inputs(found, format=settings.input_format)
    cascade = settings.cascade is not None
    if settings.cascade_task is not None and settings.cascade_task not in bundle.codebook.tasks:
        allowed = suggestion(settings.cascade_task, list(bundle.codebook.tasks))
        raise UserError(f"--cascade-task {settings.cascade_task}: no task of this bundle {allowed}")
    check_languages(settings.languages)
    origin = [*origin_fields(settings), *evidence_fields(settings)]
    taken = own_columns(bundle.codebook, cascade=cascade, origin=origin)
    columns = plan_columns(entries, settings=settings, taken=taken)
    progress("reading the input through", 0, 0)
    engine = choose_engine(bundle, settings=settings)
    states = file_states(entries)
    identity, rows = fingerprint(bundle=bundle, engine=engine, settings=settings, inputs=entries, columns=columns)
    schema = score_schema(columns, bundle=bundle, engine=engine, cascade=cascade, origin=origin)
    return Plan(out, bundle, engine, settings, entries, columns, schema, identity, rows, states)
