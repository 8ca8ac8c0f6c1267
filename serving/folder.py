"""A score folder: a run that can be listed, killed at any moment, and gone on with.

`run.json` says what is being scored with what; `parts/00000.parquet` are complete or absent; the rows refused
in the same stretch of input lie in `errors/00000.parquet` before the part appears, and end up in
`errors.parquet`; `progress.json` says how far it is.
"""

from __future__ import annotations

import errno
import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from ..model.errors import UserError, first_line
from ..model.folders import sync, whole_file, write_whole
from .articles import Position, Refused
from .same_run import refuse_other
from .table import ERRORS, errors_table, with_metadata

RUN, PROGRESS, PARTS, ERROR_PARTS, ERROR_FILE, LOCK = (
    "run.json", "progress.json", "parts", "errors", "errors.parquet", ".lock",
)  # fmt: skip


@dataclass(frozen=True)
class Counts:
    """What has been read and written so far; rows = articles + refused."""

    rows: int = 0
    articles: int = 0
    passages: int = 0
    refused: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(a + b for a, b in zip(asdict(self).values(), asdict(other).values(), strict=True)))


class ScoreFolder:
    """The folder of one scoring run, held by a lock that dies with its process. Use it as a context.

    Attributes:
        position: the last row of the input that is accounted for.
        counts: totals of all parts written so far, by this process and those before it.
        done: everything was scored already.
        seconds_before: spent by earlier starts on what is there, as `progress.json` says.
    """

    def __init__(self, path: Path, fingerprint: dict[str, Any]) -> None:
        self.path = path
        self.fingerprint = fingerprint
        self.position, self.counts, self.parts, self.done = Position(), Counts(), 0, False
        self.seconds_before, self.began = 0.0, time.monotonic()

    def __enter__(self) -> Self:
        if self.path.exists() and not is_score_folder(self.path):
            raise UserError(f"{self.path}: exists and is no score folder. Choose another --out")
        self.path.mkdir(parents=True, exist_ok=True)
        self.lock = FileLock(self.path / LOCK)
        try:
            self.lock.acquire(timeout=0)
        except Timeout:
            raise UserError(
                f"{self.path}: another process is scoring into it. Wait for it, or choose another --out"
            ) from None
        except OSError as error:
            if error.errno != errno.ENOLCK:
                raise
            raise UserError(
                f"{self.path}: its file system has no locks. Choose an --out on another, and copy it afterwards"
            ) from None
        try:
            self._open()
        except BaseException:
            self.lock.release()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self.lock.release()

    def _open(self) -> None:
        run = self.path / RUN
        before = _read_json(run) if run.exists() else {}
        present = {part.name for part in (self.path / PARTS).glob("*.parquet")}
        if present:
            refuse_other(self.path, before, self.fingerprint)
        else:  # nothing is scored yet: a start that failed does not bind the next
            write_whole(run, json.dumps(self.fingerprint, indent=1))
        for name in (PARTS, ERROR_PARTS):
            (self.path / name).mkdir(exist_ok=True)
        sync(self.path)
        sync(self.path.parent)
        self._resume(present)

    def _resume(self, present: set[str]) -> None:
        """Find out how far the parts that are present go."""
        while (part := self._part(self.parts)).exists():
            try:
                metadata = pq.read_schema(part).metadata
                self.position = Position(**json.loads(metadata[b"narrashift.position"]))
                self.counts = Counts(**json.loads(metadata[b"narrashift.counts"]))
            except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
                raise UserError(
                    f"{part}: broken ({first_line(error)}). Delete it and those after it, and start again"
                ) from None
            self.parts += 1
        if len(present) > self.parts:
            raise UserError(
                f"{self._part(self.parts)}: missing, but later parts are there. Delete those too, and start again"
            )
        progress = self.path / PROGRESS
        state = _read_json(progress) if progress.exists() else {}
        self.seconds_before = float(state.get("seconds", 0.0))
        self.done = bool(state.get("done")) and self.parts == state.get("parts")
        if self.done:
            shutil.rmtree(self.path / ERROR_PARTS, ignore_errors=True)
        elif state.get("done"):
            self._reopen()

    def _reopen(self) -> None:
        """A finished run has lost its last parts: take the errors of the others back out of `errors.parquet`."""
        kept = pq.read_table(self.path / ERROR_FILE, schema=ERRORS).slice(0, self.counts.refused)
        for index in range(self.parts):
            _write_table(kept if index == 0 else kept.slice(0, 0), self.path / ERROR_PARTS / f"{index:05d}.parquet")
        self._progress(done=False)

    def write_part(self, table: pa.Table, refused: Sequence[Refused], *, articles: int, position: Position) -> None:
        """Write a stretch of the input: first its errors, then, by one rename, its scores."""
        counts = self.counts + Counts(len(refused) + articles, articles, len(table), len(refused))
        _write_table(errors_table(refused), self.path / ERROR_PARTS / f"{self.parts:05d}.parquet")
        schema = with_metadata(table.schema, position=asdict(position), counts=asdict(counts))
        _write_table(table.cast(schema), self._part(self.parts))
        self.parts, self.counts, self.position = self.parts + 1, counts, position
        self._progress(done=False)

    def finish(self) -> None:
        """Join the errors to `errors.parquet` and mark the run as done."""
        with whole_file(self.path / ERROR_FILE) as temporary, pq.ParquetWriter(temporary, ERRORS) as writer:
            for index in range(self.parts):
                writer.write_table(pq.read_table(self.path / ERROR_PARTS / f"{index:05d}.parquet", schema=ERRORS))
        self._progress(done=True)
        self.done = True
        shutil.rmtree(self.path / ERROR_PARTS, ignore_errors=True)

    @property
    def part_files(self) -> list[Path]:
        """The parts written so far, in order."""
        return [self._part(index) for index in range(self.parts)]

    def count_student(self) -> int:
        """How many passages of a cascade's parts its student answered."""
        columns = (pq.read_table(part, columns=["student"])["student"] for part in self.part_files)
        return sum(column.to_numpy().sum() for column in columns)

    def _progress(self, *, done: bool) -> None:
        seconds = self.seconds_before + time.monotonic() - self.began
        state: dict[str, Any] = {"done": done, "parts": self.parts, **asdict(self.counts)}
        state |= {"position": asdict(self.position), "seconds": round(seconds, 3)}
        write_whole(self.path / PROGRESS, json.dumps(state, indent=1))

    def _part(self, index: int) -> Path:
        return self.path / PARTS / f"{index:05d}.parquet"


def is_score_folder(path: Path) -> bool:
    """Whether the folder is one, or empty, or what is left of one that was killed before it said what it is."""
    if not path.is_dir() or (path / RUN).exists():
        return path.is_dir()
    return all(p.name in (LOCK, f"{RUN}.tmp") or p.name.startswith("stdin.") for p in path.iterdir())


def _write_table(table: pa.Table, path: Path) -> None:
    with whole_file(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: not readable ({error}). Choose another --out") from None
    if not isinstance(content, dict):
        raise UserError(f"{path}: not what a scoring run writes. Choose another --out")
    return content
