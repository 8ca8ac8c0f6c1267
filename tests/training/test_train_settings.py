"""The settings of `narrashift train`: what they allow, and that they come back from TOML."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

import narrashift
from narrashift.training.settings import TrainSettings

positive = st.floats(min_value=0, exclude_min=True, allow_infinity=False, allow_nan=False)
shares = st.floats(min_value=0, max_value=1, exclude_max=True)
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
chosen = st.builds(
    TrainSettings,
    backbone=names,
    epochs=st.integers(1, 10**6),
    learning_rate=positive | st.just("auto"),
    layer_decay=st.floats(min_value=0, max_value=1, exclude_min=True),
    warmup=shares,
    dropout=shares,
    class_weights=st.sampled_from(["none", "auto"]) | st.dictionaries(names, positive, max_size=3),
    task_weights=st.dictionaries(names, positive, max_size=3),
    seed=st.integers(0, 2**31),
)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(settings=chosen)
def test_settings_come_back_from_their_toml(settings, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "settings.toml"
    path.write_text(settings.to_toml(), "utf-8", newline="")
    assert TrainSettings.read(path) == settings


def test_flags_override_the_file_and_none_does_not(tmp_path):
    (tmp_path / "s.toml").write_text("epochs = 3\nbatch = 4\n")
    read = TrainSettings.read(tmp_path / "s.toml", {"epochs": 7, "batch": None})
    assert (read.epochs, read.batch, read.learning_rate) == (7, 4, TrainSettings().learning_rate)


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0}, {"batch": 0}, {"patience": 0}, {"learning_rate": 0}, {"learning_rate": -1.0}, {"warmup": 1.0},
        {"dropout": 1.0}, {"layer_decay": 0}, {"layer_decay": 1.5}, {"label_smoothing": 0.5}, {"max_tokens": 7},
        {"freeze": -1}, {"seed": -1}, {"seed": 2**64}, {"precision": "fp16"}, {"learning_rate": float("nan")},
        {"learning_rate": float("inf")}, {"weight_decay": float("inf")}, {"task_weights": {"frame": 0}},
        {"class_weights": {"stance.neutral": float("inf")}}, {"epochs": "many"},
    ],
    ids=str,
)  # fmt: skip
def test_a_value_out_of_range_is_one_line_that_names_the_setting(wrong):
    [(name, _)] = wrong.items()
    with pytest.raises(narrashift.UserError) as caught:
        TrainSettings.read(None, wrong)
    [problem] = caught.value.problems
    assert name in problem.replace("-", "_")


def test_class_weights_of_another_kind_say_what_is_allowed():
    with pytest.raises(narrashift.UserError) as caught:
        TrainSettings.read(None, {"class_weights": "balanced"})
    [problem] = caught.value.problems
    assert problem.startswith("--class-weights: 'balanced'")
    assert "none" in problem
    assert "auto" in problem


def test_a_flag_is_not_blamed_on_the_file(tmp_path):
    (tmp_path / "s.toml").write_text("epochs = 3\n")
    for wrong in ({"task_weights": {"frame": -1.0}}, {"class_weights": "balanced"}, {"batch": 0}):
        with pytest.raises(narrashift.UserError) as caught:
            TrainSettings.read(tmp_path / "s.toml", wrong)
        assert "s.toml" not in str(caught.value)


def test_an_unknown_setting_in_a_file_has_its_place_and_the_nearest_name(tmp_path):
    (tmp_path / "s.toml").write_text("epoch = 3\nlearning_rat = 1.0\n")
    with pytest.raises(narrashift.UserError) as caught:
        TrainSettings.read(tmp_path / "s.toml")
    assert [problem.split(":")[0] for problem in caught.value.problems] == [
        f"{tmp_path / 's.toml'}, epoch",
        f"{tmp_path / 's.toml'}, learning_rat",
    ]
    assert "did you mean epochs?" in caught.value.problems[0]


def test_settings_are_frozen():
    with pytest.raises(ValidationError):
        TrainSettings().epochs = 3
