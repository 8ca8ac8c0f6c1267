"""A cascade: who answers what, and that it keeps to what a score folder promises."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

import narrashift
from narrashift import UserError
from narrashift.model.bundle import open_bundle
from narrashift.model.classifier import Logits
from narrashift.model.student import Student, read_student
from narrashift.serving.engines.cascade import Cascade
from narrashift.serving.settings import ScoreSettings


class Counting:
    """An engine that says 7 of every text, and remembers which it was asked."""

    max_tokens = 64

    def __init__(self, heads):
        self.heads, self.asked = heads, []

    def count_tokens(self, texts):
        return np.array([len(text) for text in texts])

    def logits(self, texts, *, tick=None):
        self.asked += texts
        if tick:
            tick(len(texts))
        tasks = {task: np.full((len(texts), leaves), 7, np.float32) for task, leaves in self.heads.items()}
        return Logits(tasks=tasks, truncated=np.zeros(len(texts), bool))


@pytest.fixture(scope="module")
def student(taught_bundle):
    """The tiny bundle's student, that is the surer the larger its margins are: by itself it is always as sure."""
    found = read_student(open_bundle(taught_bundle))
    rising = found.description.model_copy(update={"coefficients": ((0.0, 1.0, 1.0),) * 12})
    return Student(rising, found.network, bundle=found.bundle, tokenizer=found.tokenizer)


@pytest.fixture(scope="module")
def texts(early_rows):
    return [row["text"] for row in early_rows[-200:]]


def test_the_engine_is_asked_only_where_the_student_is_not_sure(student, texts):
    alone = student.logits(texts)
    confidence = student.confidences(alone.tasks)
    least = float(np.median(confidence))
    engine, done = Counting(student.description.heads), []
    both = Cascade(student, engine, least=least).logits(texts, tick=done.append)
    assert engine.asked == [text for text, sure in zip(texts, confidence >= least, strict=True) if not sure]
    assert both.student.tolist() == (confidence >= least).tolist()
    assert 0 < both.student.sum() < len(texts)
    assert sum(done) == len(texts)
    for task, values in both.tasks.items():
        np.testing.assert_array_equal(values[both.student], alone.tasks[task][both.student])
        assert (values[~both.student] == 7).all()


def test_passages_are_cut_as_the_engine_wants_them(student):
    cascade = Cascade(student, Counting(student.description.heads), least=0.5)
    assert cascade.max_tokens == 64
    assert cascade.count_tokens(["four"]).tolist() == [4]


def test_a_bound_too_small_for_the_student_gives_the_engines_scores(score_dump, articles, taught_bundle):
    cascade = score_dump(articles, model=taught_bundle, out="cascade", cascade=1e-9)
    usual = score_dump(articles, model=taught_bundle, out="usual")
    assert cascade.table.drop_columns("student").equals(usual.table)
    assert set(cascade.table["student"].to_pylist()) == {False}
    assert (cascade.scored.by_student, usual.scored.by_student) == (0, None)


def test_a_bound_of_nearly_all_lets_the_student_answer(score_dump, articles, taught_bundle, capsys):
    from narrashift.terminal.scores import print_scored

    outcome = score_dump(articles, model=taught_bundle, cascade=0.99)
    answered = sum(outcome.table["student"].to_pylist())
    assert outcome.scored.by_student == answered > len(outcome.table) / 2
    print_scored(outcome.scored)
    assert f"{answered:,} passages" in capsys.readouterr().out


def test_a_run_that_was_stopped_goes_on_to_the_same_parts(
    score_dump, articles, taught_bundle, small_parts, tmp_path, read_folder
):
    calm = score_dump(articles, model=taught_bundle, out="calm", cascade=0.3, part=1)
    parts = sorted((tmp_path / "calm" / "parts").iterdir())
    assert len(parts) > 3
    shutil.copytree(tmp_path / "calm", tmp_path / "stopped")
    for part in parts[2:]:
        (tmp_path / "stopped" / "parts" / part.name).unlink()
    settings = ScoreSettings(cascade=0.3, part=1)
    again = narrashift.score(
        [tmp_path / "dump.jsonl"], model=taught_bundle, out=tmp_path / "stopped", settings=settings
    )
    assert read_folder(tmp_path / "stopped").same_data(calm)
    assert again.by_student == calm.scored.by_student


def test_another_student_or_bound_is_another_run(score_dump, articles, taught_bundle, tmp_path):
    mine = tmp_path / "bundle"
    shutil.copytree(taught_bundle, mine)
    outcome = score_dump(articles, model=mine, cascade=0.3)
    assert json.loads((outcome.folder / "run.json").read_text("utf-8"))["student"]
    with pytest.raises(UserError, match=r"settings\.cascade"):
        score_dump(articles, model=mine, cascade=0.2)
    with (mine / "student" / "student.json").open("a") as file:
        file.write("\n")
    with pytest.raises(UserError, match="student: "):
        score_dump(articles, model=mine, cascade=0.3)


def test_one_task_alone_may_count(score_dump, articles, taught_bundle):
    outcome = score_dump(articles, model=taught_bundle, cascade=0.99, cascade_task="stance")
    assert outcome.scored.by_student > 0
    with pytest.raises(UserError, match="--cascade-task stanse: no task.*did you mean stance"):
        score_dump(articles, model=taught_bundle, out="other", cascade=0.99, cascade_task="stanse")


def test_without_a_cascade_a_score_folder_knows_of_no_student(score_dump, articles, taught_bundle):
    outcome = score_dump(
        [{**a, "student": "Ivan"} for a in articles], model=taught_bundle, carry={"student": "student"}
    )
    assert "student" not in json.loads((outcome.folder / "run.json").read_text("utf-8"))
    assert set(outcome.table["student"].to_pylist()) == {"Ivan"}


def test_a_cascade_without_a_student_is_refused_before_anything_is_written(score_dump, articles, tiny_bundle, tmp_path):
    for model in (tiny_bundle, tiny_bundle / "tfidf"):
        with pytest.raises(UserError, match="no student.*narrashift distill"):
            score_dump(articles, model=model, cascade=0.1)
    assert not (tmp_path / "scores").exists()


def test_a_cascade_that_may_abstain_is_refused():
    with pytest.raises(UserError, match=r"--cascade: 0\.1: .*--abstain.*Leave one"):
        ScoreSettings.read(overrides={"cascade": 0.1, "abstain": 0.1})
