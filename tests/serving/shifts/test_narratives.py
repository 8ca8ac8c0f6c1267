from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrashift import UserError
from narrashift.seeds import seed_file
from narrashift.serving.shifts.narratives import read_narratives

from .folders import CODEBOOK


def read(tmp_path: Path, text: str, **options):
    file = tmp_path / "narratives.toml"
    file.write_text(text, "utf-8")
    return read_narratives(file, codebook=CODEBOOK, **options)


def test_a_narrative_has_all_its_labels(tmp_path):
    [found] = read(
        tmp_path,
        '[narratives.admits]\nmeans = "m"\nwhen = {stance = "pro_russia", frame = ["losses_russia", "losses"]}\n',
    )
    assert found.name == "narrative.admits" and found.classes == ("off", "on")
    assert found.parts == (("stance", "pro_russia"), ("frame", "losses_russia"), ("frame", "losses"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"tables \[narratives.NAME\]"),
        ("a = [", "not TOML"),
        ('[narratives.a]\nwhen = {stanc = "pro_russia"}', r"'stanc' is no task .*stance"),
        ('[narratives.a]\nwhen = {stance = "prorussia"}', r"'prorussia' is no label of stance .*pro_russia"),
        ("[narratives.a]\nwhen = {stance = []}", "at least one task with its label"),
        ("[narratives.a]\nwhen = {}", "a.when"),
        ('[narratives.a]\nwhen = {stance = "pro_russia"}\nother = 1', "a.other"),
    ],
)
def test_what_is_wrong_is_said_with_the_narratives_name(tmp_path, text, said):
    with pytest.raises(UserError, match=said):
        read(tmp_path, text)


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(UserError, match="--narratives FILE"):
        read_narratives(tmp_path / "none.toml", codebook=CODEBOOK)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_read_or_refused(tmp_path_factory, text):
    with contextlib.suppress(UserError):
        read(tmp_path_factory.mktemp("fuzz"), text)


def test_the_shipped_narratives_fit_the_default_codebook_and_are_left_out_where_they_do_not():
    import narrashift

    with seed_file("narratives.toml") as path:
        every = read_narratives(path, codebook=narrashift.read_codebook())
        some = read_narratives(path, codebook=CODEBOOK, known_only=True)
    assert len(every) == 4
    assert {question.name.removeprefix("narrative.") for question in some} == {
        "russia_told_to_gain",
        "russia_conceded_to_lose",
        "ukraine_conceded_to_lose",
    }
