"""`narrashift train` and `narrashift evaluate`: what they print, and one line for what is wrong."""

from __future__ import annotations

import io
import json
import signal
import sys
import tomllib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from narrashift.training.settings import TrainSettings


@pytest.fixture(scope="module")
def own_bundle(own_file, own_codebook, tiny_settings, tmp_path_factory):
    """A bundle of the user's own codebook, trained by the command line."""
    from narrashift.cli import main

    folder = tmp_path_factory.mktemp("own_bundle")
    arguments = ["train", own_file, "--codebook", own_file.parent / "village.toml", "--out", folder / "village"]
    (own_file.parent / "village.toml").write_text(own_codebook.to_toml(), "utf-8")
    (folder / "s.toml").write_text(tiny_settings.to_toml())
    arguments += ["--config", folder / "s.toml", "--epochs", "1", "--no-track", "--set", "batch=16", "--seed", "5"]
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as ended:
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["narrashift", *map(str, arguments)])
        main()
    assert not ended.value.code
    assert {path.name for path in folder.iterdir()} == {"village", "s.toml"}
    return folder / "village"


def test_a_users_own_codebook_goes_through_training(own_bundle, own_codebook):
    import narrashift

    [prediction] = narrashift.load(own_bundle).predict(["The price of bread, and angry."])
    assert prediction["topic"] in ("harvest", "market", "school")
    assert set(prediction.probabilities["mood"]) == {"warm", "proud", "hopeful", "angry"}
    assert prediction.probabilities["mood"]["warm"] >= prediction.probabilities["mood"]["proud"]
    assert narrashift.read_codebook(own_bundle / "codebook.toml") == own_codebook


def test_flags_win_over_set_and_file_and_are_written_down(own_bundle):
    origin = json.loads((own_bundle / "provenance.json").read_text())
    chosen = origin["settings"]
    assert (chosen["epochs"], chosen["batch"], chosen["seed"], chosen["max_tokens"]) == (1, 16, 5, 64)
    assert origin["split"] == "group"


@pytest.mark.parametrize("part", ["", "tfidf"])
def test_evaluate_prints_one_flat_object_with_intervals_around_every_figure(part, own_bundle, own_file, command):
    shown = command("evaluate", own_bundle / part, own_file, "--json", "--allow-leaks")
    assert shown.code == 0
    assert len(shown.lines) == 1 and shown.err.startswith("note: ")
    figures = json.loads(shown.out, parse_constant=pytest.fail)
    assert figures.pop("passages") == 60
    names = {name for name in figures if not name.endswith(("_lo", "_hi"))}
    assert len(figures) == 3 * len(names)
    assert {"macro_f1/topic", "accuracy/topic", "micro_f1/mood", "f1/mood/warm", "ece/topic", "brier/mood"} <= names
    for name in names:
        value, low, high = (figures[name + suffix] for suffix in ("", "_lo", "_hi"))
        assert value is None or low <= value <= high, name


def test_evaluate_prints_a_table_of_tasks_and_of_labels(own_bundle, own_file, command):
    shown = command("evaluate", own_bundle, own_file, "--allow-leaks")
    assert shown.code == 0
    assert "60 passages" in shown.out
    for word in ("macro_f1/topic", "mood/warm", "topic/harvest", "average precision"):
        assert word in shown.out


def test_evaluate_takes_one_split_and_other_column_names(tiny_bundle, small_rows, command, tmp_path):
    path = tmp_path / "theirs.jsonl"
    theirs = [{"body": row["text"], "stance": row["stance"], "split": row["split"]} for row in small_rows]
    path.write_text("".join(json.dumps(row) + "\n" for row in theirs))
    arguments = ("evaluate", tiny_bundle, path, "--column", "text=body", "--json", "--allow-leaks")
    assert json.loads(command(*arguments).out)["passages"] == 120
    assert json.loads(command(*arguments, "--split", "validation").out)["passages"] == 30
    nobody = command(*arguments, "--split", "dev")
    assert (nobody.code, nobody.out, len(nobody.lines)) == (2, "", 1)
    assert "--split dev: no passage has this split; the column split has test, train, validation." in nobody.err


def test_passages_of_another_codebook_are_refused_by_evaluate(tiny_bundle, own_file, command):
    ended = command("evaluate", tiny_bundle, own_file)
    assert ended.code == 2
    assert ended.lines[0].startswith("village.jsonl: no column for any task (stance, frame, technique)")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["train"], "no data. Name files of labelled passages"),
        (["train", "{nope}"], "no such file or folder"),
        (["train", "{file}", "--codebook", "{nope}"], "no such codebook"),
        (["train", "{file}", "--codebook", "{file}"], "not TOML"),
        (["train", "{file}", "--config", "{nope}"], "--config FILE"),
        (["train", "{file}", "--column", "body"], "--column body: NAME=COLUMN is expected, as in text=body"),
        (["train", "{file}", "--column", "txt=body"], "txt=…: no such field"),
        (["train", "{file}", "--column", "text=body"], "no column 'body' among id, text, stance"),
        (["train", "{file}", "--set", "warmup"], "--set warmup: KEY=VALUE is expected"),
        (["train", "{file}", "--set", "warm_up=0.2"], "did you mean warmup?"),
        (["train", "{file}", "--set", "warmup=2"], "--warmup: 2"),
        (["train", "{file}", "--epochs", "0"], "--epochs: 0"),
        (["train", "{file}", "--class-weights", "balanced"], "--class-weights: 'balanced'"),
        (["train", "{file}", "--backbone", "no/such-model"], "--backbone no/such-model: cannot be loaded"),
        (["train", "{file}", "--set", "device=warp9"], "warp9"),
        (["train", "{file}", "--encoding", "martian"], "--encoding martian: no such encoding"),
        (["train", "{file}", "--encoding", "hex"], "--encoding hex"),
        (["train", "{file}", "--resume"], "no interrupted run to go on with"),
        (["train", "{file}", "--out", "{bundle}"], "exists already"),
        (["train", "{file}", "--out", "."], "--out"),
        (["train", "{file}", "--out", ".", "--overwrite"], "--out"),
        (["train", "{file}", "--out", "{file}/bundle"], "bundle"),
        (["evaluate", "{nope}", "{file}"], "no bundle here"),
        (["evaluate", "{file}", "{file}"], "no bundle here"),
        (["evaluate", "{bundle}", "{nope}"], "no such file or folder"),
        (["evaluate", "{bundle}", "{file}", "--encoding", "martian"], "--encoding martian"),
        (["evaluate", "models:/narrashift@champion", "{file}"], "no tracking store"),
        (["ui"], "no tracked run here"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_wrong_is_one_line_and_exit_code_2(
    arguments, expected, command, small_file, tiny_bundle, tiny_backbone, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    names = {"nope": tmp_path / "nope", "file": small_file, "bundle": tiny_bundle}
    tail = [] if arguments[0] != "train" else ["--no-track"]
    if tail and "--backbone" not in arguments:
        tail += ["--backbone", tiny_backbone]
    ended = command(*(argument.format(**names) for argument in arguments), *tail)
    assert (ended.code, ended.out) == (2, "")
    said = [line for line in ended.lines if not line.endswith("…")]  # "loading the backbone …" is progress
    assert len(said) == 1
    assert expected in said[0]
    assert list(tmp_path.iterdir()) == []


def test_all_errors_of_the_data_are_listed_and_nothing_is_trained(command, tmp_path):
    (tmp_path / "c.csv").write_text("text,stance,frame\n,neutral,\na,neutrall,gains\n")
    ended = command("train", tmp_path / "c.csv", "--out", tmp_path / "bundle", "--no-track")
    assert ended.code == 2
    assert [line.split(":")[0] for line in ended.lines[:3]] == [
        "c.csv, row 2, text", "c.csv, row 3, stance", "c.csv, row 3, frame",
    ]  # fmt: skip
    assert ended.lines[3:] == ["3 errors, nothing was trained."]
    assert not (tmp_path / "bundle").exists()


def test_the_printed_settings_are_taken_as_they_are(command, tmp_path):
    weights = '{ "stance.pro_russia" = 2.0 }'
    shown = command(
        "train", "--print-config", "--epochs", 3, "--set", "warmup=0.25", "--set", f"class_weights={weights}"
    )
    assert (shown.code, shown.err) == (0, "")
    (tmp_path / "s.toml").write_text(shown.out)
    assert tomllib.loads(shown.out)["epochs"] == 3
    again = command("train", "--print-config", "--config", tmp_path / "s.toml")
    assert again.out == shown.out
    assert TrainSettings.read(tmp_path / "s.toml").class_weights == {"stance.pro_russia": 2.0}


@settings(max_examples=50, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    assignment=st.text(max_size=15)
    | st.tuples(st.sampled_from(list(TrainSettings.model_fields)), st.text(max_size=10)).map("=".join)
)
def test_any_assignment_is_taken_or_explained(assignment, command):
    ended = command("train", "--print-config", f"--set={assignment}")
    assert ended.code in (0, 2)
    assert "Traceback" not in ended.err
    assert bool(ended.out) == (ended.code == 0)


class CtrlC(io.StringIO):
    """Standard error where Ctrl-C is pressed at the first word."""

    def write(self, text):
        if not self.getvalue():
            super().write("\n")
            signal.raise_signal(signal.SIGINT)
        return super().write(text)


def test_ctrl_c_before_the_first_epoch_says_that_it_stopped(command, small_file, tiny_backbone, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stderr", words := CtrlC())
    ended = command("train", small_file, "--backbone", tiny_backbone, "--out", tmp_path / "bundle", "--no-track")
    assert ended.code == 130
    assert words.getvalue().splitlines()[-1].startswith("stopped")
    assert not (tmp_path / "bundle").exists()
