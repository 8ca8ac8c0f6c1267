"""The state file: broken ones are one line, and two watches never hold one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrashift import UserError
from narrashift.serving.shifts.watching.outbox import waiting, write_down
from narrashift.serving.shifts.watching.store import Store, unpacked

from ..folders import write_scores
from .nights import look, rows_between, turning


@pytest.fixture(scope="module")
def state(tmp_path_factory) -> Path:
    """A state with two sources and a report that waits."""
    folder = tmp_path_factory.mktemp("state")
    write_scores(folder / "scores", rows_between(turning(), 0, 12))
    look([folder / "scores"], folder / "state", since="2022-03-07")
    with Store(folder / "state") as store, store.change():
        write_down(store, [{"id": "a", "by": "x.com"}], channels=["webhook"])
    return folder / "state"


def read_all(path: Path) -> None:
    with Store(path) as store:
        with store.reading():
            [[counts]] = store.connection.execute("SELECT counts FROM counted LIMIT 1").fetchall()
            size = len(unpacked(counts))
        for source in store.sources():
            store.counts(source.name, size=size)
        waiting(store, "webhook")
        store.known_parts()
        store.newest_days(30_000)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(data=st.data())
def test_a_broken_state_is_one_line_with_a_way_out(state, tmp_path_factory, data):
    content = bytearray(state.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + 40] = data.draw(st.binary(min_size=1, max_size=40))
    content = content[: data.draw(st.integers(1, len(content)))] if data.draw(st.booleans()) else content
    broken = tmp_path_factory.mktemp("broken") / "state"
    broken.write_bytes(content)
    try:
        read_all(broken)
    except UserError as error:
        [line] = error.lines()
        assert str(broken) in line and "delete it" in line


@pytest.mark.parametrize("content", [b"hello", b'{"a": 1}', b"SQLite format 3\0"])
def test_another_file_is_no_state_and_stays_as_it_is(tmp_path, content):
    (tmp_path / "state").write_bytes(content)
    with pytest.raises(UserError, match="no state of a watch"):
        read_all(tmp_path / "state")
    assert (tmp_path / "state").read_bytes() == content


def test_a_database_of_somebody_elses_is_not_touched(tmp_path):
    import sqlite3

    with sqlite3.connect(tmp_path / "state") as connection:
        connection.execute("CREATE TABLE mine (a)")
    connection.close()
    with pytest.raises(UserError, match="no state of a watch"):
        read_all(tmp_path / "state")


def test_a_second_watch_is_refused_while_the_first_lives(state, tmp_path):
    shutil.copy(state, tmp_path / "state")
    with Store(tmp_path / "state"), pytest.raises(UserError, match="another watch holds it"), Store(tmp_path / "state"):
        pass
    read_all(tmp_path / "state")


def test_a_state_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="--state"), Store(tmp_path / "file" / "state"):
        pass
