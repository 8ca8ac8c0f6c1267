"""The space of a sweep: what is read, and one line for what is wrong."""

from __future__ import annotations

import contextlib
from pathlib import Path

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import narrashift
from narrashift.training.settings import TrainSettings
from narrashift.training.space import DEFAULT, Range, read_space, suggest


def test_the_default_names_settings_that_are_valid_everywhere_in_it():
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for _ in range(50):
        TrainSettings.model_validate(suggest(study.ask(), DEFAULT))


def test_ranges_and_lists_are_read(tmp_path):
    (tmp_path / "s.toml").write_text(
        "batch = [8, 16]\nepochs = { low = 2, high = 5 }\ndropout = { low = 0.1, high = 0.2 }\n"
    )
    space = read_space(tmp_path / "s.toml")
    assert space == {"batch": [8, 16], "epochs": Range(low=2, high=5), "dropout": Range(low=0.1, high=0.2)}
    chosen = suggest(optuna.create_study().ask(), space)
    assert chosen["batch"] in (8, 16) and isinstance(chosen["epochs"], int) and 0.1 <= chosen["dropout"] <= 0.2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("batch = [", "s.toml: not TOML"),
        ("bacth = [8]", "s.toml, bacth: no such setting (did you mean batch"),
        ("batch = 8", "s.toml, batch: { low = …, high = … } with low below high, or a list, is expected"),
        ("batch = []", "s.toml, batch: "),
        ("dropout = { low = 0.3, high = 0.1 }", "s.toml, dropout: "),
        ("learning_rate = { low = 0.0, high = 0.1, log = true }", "s.toml, learning_rate: "),
        ("dropout = { low = 0.0, high = 0.1, step = 2 }", "s.toml, dropout: "),
        ("", "s.toml: names no setting"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(content, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.toml").write_text(content)
    with pytest.raises(narrashift.UserError) as caught:
        read_space(Path("s.toml"))
    assert message.replace(" (did you mean batch", "") in caught.value.lines()[0]


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.text(alphabet="batch= []{}low,high0123.9\n\"'", max_size=40))
def test_no_text_is_more_than_a_user_error(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("space") / "s.toml"
    path.write_text(text)
    with contextlib.suppress(narrashift.UserError):
        read_space(path)
