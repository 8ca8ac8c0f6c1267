"""TOML is read with its place in every complaint, and what is written is read back."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrashift import UserError
from narrashift.model.toml import MOST_DOTS, parse_toml, read_toml, toml_value

VALUES = st.recursive(
    st.booleans() | st.integers(-(2**62), 2**62) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(VALUES)
def test_what_is_written_is_read_back(value):
    assert tomllib.loads(f"value = {toml_value(value)}") == {"value": value}


@given(st.text())
def test_any_text_is_tables_or_a_complaint_with_its_place(text):
    try:
        assert isinstance(parse_toml(text, place="here.toml"), dict)
    except UserError as error:
        assert str(error).startswith("here.toml")


def complaint(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        read_toml(path, way_out="Name another")
    return str(caught.value)


def test_a_file_that_is_not_there_comes_with_the_way_out(tmp_path):
    assert complaint(tmp_path / "no.toml") == f"{tmp_path / 'no.toml'}: No such file or directory. Name another"


def test_what_is_not_utf_8_says_where(tmp_path):
    (tmp_path / "a.toml").write_bytes(b"a = '\xff'")
    assert complaint(tmp_path / "a.toml").endswith("a.toml: not TOML: not UTF-8 at byte 5. Save it as UTF-8")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a = ", "not TOML"),
        ("a=" + "[" * 5_000, "not TOML"),
        ("a." * (MOST_DOTS + 1) + "b = 1", "line 1: has more than"),
    ],
)
def test_what_cannot_be_read_is_told_at_once(tmp_path, content, said):
    (tmp_path / "a.toml").write_text(content)
    assert said in complaint(tmp_path / "a.toml")


def test_a_byte_order_mark_is_no_key(tmp_path):
    (tmp_path / "a.toml").write_text("a = 1", "utf-8-sig")
    assert read_toml(tmp_path / "a.toml", way_out="") == {"a": 1}
