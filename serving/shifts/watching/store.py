"""The state file of a watch: one SQLite file, in which whatever belongs together changes together or not at all."""

from __future__ import annotations

import contextlib
import errno
import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from filelock import FileLock, Timeout

from ....model.errors import UserError
from .state import SeriesState, SourceCounts, SourceState

FORMAT = "narrashift watch 1"
TABLES = """
CREATE TABLE about (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE part (folder TEXT, name TEXT, mark TEXT, PRIMARY KEY (folder, name)) WITHOUT ROWID;
CREATE TABLE article (hash INTEGER PRIMARY KEY);
CREATE TABLE day (day INTEGER PRIMARY KEY, articles INTEGER);
CREATE TABLE counted (source TEXT, period INTEGER, counts BLOB, PRIMARY KEY (source, period)) WITHOUT ROWID;
CREATE TABLE source (name TEXT PRIMARY KEY, tested INTEGER, grew INTEGER, squares BLOB, series TEXT) WITHOUT ROWID;
CREATE TABLE report (number INTEGER PRIMARY KEY, id TEXT UNIQUE, content TEXT);
CREATE TABLE delivery (report TEXT, channel TEXT, tries INTEGER, done INTEGER, PRIMARY KEY (report, channel));
"""


class Store:
    """The state file, held by a lock that dies with its process. Use it as a context."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Self:
        self.lock = FileLock(self.path.with_name(self.path.name + ".lock"))
        try:
            self.lock.acquire(timeout=0)
        except Timeout:
            raise UserError(
                f"{self.path}: another watch holds it. Wait for it, or keep a watch of your own with --state"
            ) from None
        except OSError as error:
            why = "its file system has no locks" if error.errno == errno.ENOLCK else error.strerror
            raise UserError(f"{self.path}: cannot be written ({why}). Choose another --state") from None
        try:
            self._open()
        except BaseException:
            self.lock.release()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self.connection.close()
        self.lock.release()

    def _open(self) -> None:
        self.connection = sqlite3.connect(self.path, isolation_level=None)
        try:
            with self.reading():
                found = self.connection.execute("SELECT name FROM sqlite_master").fetchall()
                if not found:
                    self.connection.executescript(
                        f"BEGIN; {TABLES} INSERT INTO about VALUES ('format', '{FORMAT}'); COMMIT;"
                    )
                if self.about("format") != FORMAT:
                    raise sqlite3.DatabaseError(f"format {self.about('format')!r}")
                [[sound]] = self.connection.execute("PRAGMA quick_check(1)").fetchall()
                if sound != "ok":
                    raise sqlite3.DatabaseError(sound.splitlines()[-1])
        except BaseException:
            self.connection.close()
            raise

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Turn what a broken file makes of any work on it into one line."""
        try:
            yield
        except sqlite3.OperationalError as error:
            if "disk is full" in str(error):
                raise OSError(errno.ENOSPC, "disk is full", str(self.path)) from None
            raise self._broken(error) from None
        except (sqlite3.Error, zlib.error, ValueError, TypeError, KeyError, IndexError, OverflowError) as error:
            raise self._broken(error) from None

    def _broken(self, error: Exception) -> UserError:
        said = (str(error).splitlines() or ["nothing readable"])[0][:200]
        return UserError(
            f"{self.path}: no state of a watch, or broken ({said}). Put back a copy, or delete it: what was reported "
            "is then forgotten, and what the scores hold becomes history"
        )

    @contextlib.contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """All of the block or nothing of it; on the disk when it ends."""
        with self.reading():
            self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield self.connection
        except BaseException:
            self.connection.rollback()
            raise
        with self.reading():
            self.connection.execute("COMMIT")

    def about(self, key: str) -> Any:
        """What is kept under a key; None where nothing is."""
        row = self.connection.execute("SELECT value FROM about WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def keep(self, values: Mapping[str, Any]) -> None:
        """Keep values under their keys; inside `change`."""
        self.connection.executemany("INSERT OR REPLACE INTO about VALUES (?, ?)", values.items())

    def known_parts(self) -> dict[tuple[str, str], str]:
        """Folder and name of each part that was counted -> what it was known by."""
        with self.reading():
            return {(folder, name): mark for folder, name, mark in self.connection.execute("SELECT * FROM part")}

    def know_part(self, folder: Path, name: str, mark: str) -> None:
        """Remember that a part was counted; inside `change`."""
        self.connection.execute("INSERT OR REPLACE INTO part VALUES (?, ?, ?)", (str(folder), name, mark))

    def new_articles(self, hashes: Sequence[int]) -> set[int]:
        """Those of the hashes that were not there, which are kept; inside `change`."""
        new = set()
        for one in hashes:  # a statement each: what another article of the same part adds is seen, too
            if self.connection.execute("INSERT OR IGNORE INTO article VALUES (?)", (one,)).rowcount:
                new.add(one)
        return new

    def add_counts(self, source: str, *, periods: Mapping[int, np.ndarray], squares: np.ndarray) -> None:
        """Add articles by answer to what is known of a source; inside `change`."""
        run = self.connection.execute
        row = run("SELECT tested, squares FROM source WHERE name = ?", (source,)).fetchone()
        if row is None:
            run("INSERT INTO source VALUES (?, NULL, 0, ?, '{}')", (source, packed(squares)))
        else:
            grew = row[0] is not None and min(periods) <= row[0]
            run(
                "UPDATE source SET squares = ?, grew = max(grew, ?) WHERE name = ?",
                (packed(unpacked(row[1]).reshape(squares.shape) + squares), grew, source),
            )
        for period, counts in periods.items():
            before = run("SELECT counts FROM counted WHERE source = ? AND period = ?", (source, period)).fetchone()
            total = counts if before is None else counts + unpacked(before[0])
            run("INSERT OR REPLACE INTO counted VALUES (?, ?, ?)", (source, period, packed(total)))

    def add_days(self, days: Mapping[int, int]) -> None:
        """Count articles by their day; inside `change`."""
        self.connection.executemany(
            "INSERT INTO day VALUES (?, ?) ON CONFLICT (day) DO UPDATE SET articles = articles + excluded.articles",
            days.items(),
        )

    def newest_days(self, until: int) -> list[tuple[int, int]]:
        """Days up to one, the newest first, with their articles."""
        with self.reading():
            return self.connection.execute(
                "SELECT day, articles FROM day WHERE day <= ? ORDER BY day DESC LIMIT 50", (until,)
            ).fetchall()

    def sources(self) -> Iterator[SourceState]:
        """Every source, by name."""
        with self.reading():
            rows = self.connection.execute("SELECT name, tested, grew, series FROM source ORDER BY name").fetchall()
        for name, tested, grew, series in rows:
            with self.reading():
                states = {question: SeriesState.from_json(text) for question, text in json.loads(series).items()}
                yield SourceState(name, tested, bool(grew), states)

    def counts(self, source: str, *, size: int) -> SourceCounts:
        """All that was counted of a source."""
        with self.reading():
            [[squares]] = self.connection.execute("SELECT squares FROM source WHERE name = ?", (source,)).fetchall()
            rows = self.connection.execute(
                "SELECT period, counts FROM counted WHERE source = ? ORDER BY period", (source,)
            ).fetchall()
            first, last = rows[0][0], rows[-1][0]
            found = np.zeros((last - first + 1, size))
            for period, counts in rows:
                found[period - first] = unpacked(counts)
            return SourceCounts(source, first, found, unpacked(squares).reshape(size, size))

    def set_source(self, source: SourceState) -> None:
        """Keep where a source's detectors stand; inside `change`."""
        series = json.dumps({question: state.to_json() for question, state in source.series.items()})
        self.connection.execute(
            "UPDATE source SET tested = ?, grew = ?, series = ? WHERE name = ?",
            (source.tested, source.grew, series, source.name),
        )


def packed(values: np.ndarray) -> bytes:
    """An array's numbers, compressed: most are 0."""
    return zlib.compress(values.astype(np.float64).tobytes(), 1)


def unpacked(content: bytes) -> np.ndarray:
    """What `packed` wrote, ``(numbers,)``."""
    return np.frombuffer(zlib.decompress(content), dtype=np.float64)
