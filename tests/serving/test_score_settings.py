from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from narrashift import UserError
from narrashift.serving.settings import ScoreSettings

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=10)
CHOSEN = st.fixed_dictionaries(
    {},
    optional={
        "text": NAMES,
        "id": NAMES,
        "carry": st.dictionaries(NAMES, NAMES, max_size=3),
        "as_text": st.lists(NAMES, max_size=3).map(tuple),
        "cut": st.sampled_from(["sentences", "none"]),
        "passage_tokens": st.integers(16, 10**6),
        "part": st.integers(1, 10**9),
        "batch_tokens": st.integers(1, 10**6),
    },
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(chosen=CHOSEN)
def test_printed_settings_read_back_as_they_were(tmp_path_factory, chosen):
    path = tmp_path_factory.getbasetemp() / "score.toml"
    path.write_text(ScoreSettings(**chosen).to_toml(), "utf-8")
    assert ScoreSettings.read(path) == ScoreSettings(**chosen)


def test_printed_settings_with_a_column_of_an_emoji_read_back(tmp_path):
    chosen = ScoreSettings(carry={"feeling": "😀"}, text="\x7f")
    (tmp_path / "score.toml").write_text(chosen.to_toml(), "utf-8")
    assert ScoreSettings.read(tmp_path / "score.toml") == chosen


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("part", 0), ("passage_tokens", 15), ("passage_sentences", 0), ("batch_tokens", 0), ("cut", "words"),
        ("engine", "tensorrt"), ("threads", 0), ("precision", "fp8"), ("carry", ["date"]), ("unknown", 1),
    ],
)  # fmt: skip
def test_a_value_out_of_range_is_refused_by_its_key(key, value):
    with pytest.raises(UserError, match=key.replace("_", ".")):
        ScoreSettings.read(None, {key: value})


def test_flags_win_over_the_file(tmp_path):
    (tmp_path / "score.toml").write_text('part = 7\ntext = "body"\n', "utf-8")
    chosen = ScoreSettings.read(tmp_path / "score.toml", {"part": 9, "id": None})
    assert (chosen.part, chosen.text, chosen.id) == (9, "body", None)


def test_settings_cannot_be_changed_under_a_run():
    with pytest.raises(ValidationError, match="frozen"):
        ScoreSettings().part = 1
