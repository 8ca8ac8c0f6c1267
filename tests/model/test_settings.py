from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from narrashift.model.errors import UserError
from narrashift.model.settings import Settings


class Own(Settings):
    name: str = "plain"
    maximum: float = 1.0
    epochs: Annotated[int, Field(ge=1)] = 3
    where: str | None = None
    columns: tuple[str, ...] = ()
    carry: dict[str, str] = {}  # noqa: RUF012  (pydantic copies it)
    weights: Literal["none"] | dict[str, Annotated[float, Field(gt=0)]] = "none"


TEXT = st.text(max_size=12)
OWN = st.builds(
    Own,
    name=TEXT,
    maximum=st.floats(allow_nan=False),
    epochs=st.integers(1, 10**9),
    where=st.none() | TEXT,
    columns=st.lists(TEXT, max_size=2),
    carry=st.dictionaries(TEXT, TEXT, max_size=2),
    weights=st.just("none") | st.dictionaries(TEXT, st.floats(0.01, 10), max_size=2),
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "own.toml"


def problems(path: Path | None, overrides: dict | None = None) -> list[str]:
    with pytest.raises(UserError) as caught:
        Own.read(path, overrides)
    return caught.value.problems


def test_flags_win_over_the_file_and_the_file_over_defaults(file):
    file.write_text('name = "file"\nepochs = 5\n')
    read = Own.read(file, {"epochs": 7, "name": None})
    assert (read.name, read.epochs, read.maximum) == ("file", 7, 1.0)
    assert Own.read() == Own()


def test_settings_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        Own().epochs = 4


def test_a_misspelt_setting_is_refused_with_file_and_the_nearest_one(file):
    file.write_text("epoch = 5\n")
    (problem,) = problems(file)
    assert problem.startswith(f"{file}, epoch: no such setting")
    assert "did you mean epochs?" in problem


def test_a_value_out_of_range_is_refused_with_file_key_and_value(file):
    file.write_text("epochs = 0\nmaximum = 'much'\n")
    first, second = sorted(problems(file))
    assert first.startswith(f"{file}, epochs: 0: ")
    assert second.startswith(f"{file}, maximum: 'much': ")


def test_a_wrong_flag_is_named_as_the_flag_that_it_is(file):
    file.write_text("name = 'x'\n")
    assert problems(file, {"epochs": 0})[0].startswith("--epochs: 0: ")


def test_a_wrong_flag_that_is_a_table_is_named_as_the_flag_that_it_is(file):
    file.write_text("name = 'x'\n")
    told = problems(file, {"weights": {"stance": -1.0}})
    assert all(problem.startswith("--weights") for problem in told)


def test_a_wrong_flag_is_not_told_in_the_words_of_the_validator():
    assert not any("constrained" in problem or "literal[" in problem for problem in problems(None, {"weights": "some"}))


@pytest.mark.parametrize("content", [b"epochs", b"epochs = ", b"\xff\xfe", b"a = 1\na = 2\n"])
def test_what_is_not_toml_is_refused_with_its_file(file, content):
    file.write_bytes(content)
    (problem,) = problems(file)
    assert problem.startswith(f"{file}: not TOML")


def test_a_file_with_a_byte_order_mark_is_read(file):
    file.write_text("epochs = 5\n", "utf-8-sig")
    assert Own.read(file).epochs == 5


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_a_file_that_is_not_there_is_refused_with_the_way_out(tmp_path, name):
    (problem,) = problems(tmp_path / name)
    assert problem.startswith(str(tmp_path / name))
    assert "--config" in problem


@settings(max_examples=50, deadline=None, derandomize=True)
@given(OWN)
@example(Own(name='a "quoted" \\ back\nslash', carry={"кол": "b"}))
@example(Own(name="\x7f", carry={"😀": "😀"}))
def test_settings_written_as_toml_are_read_back_the_same(tmp_path_factory, own):
    path = tmp_path_factory.getbasetemp() / "again.toml"
    path.write_text(own.to_toml(), "utf-8")
    assert Own.read(path) == own


@pytest.mark.parametrize(
    "own",
    [Own(carry={"😀": "mood"}), Own(carry={"mood": "😀"}), Own(name="\x7f"), Own(maximum=float("inf"))],
    ids=["emoji key", "emoji value", "delete character", "infinity"],
)
def test_what_toml_writes_differently_from_json_is_read_back_the_same(file, own):
    file.write_text(own.to_toml(), "utf-8")
    assert Own.read(file) == own
