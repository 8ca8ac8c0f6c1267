from __future__ import annotations

import pickle

from narrashift.model.errors import UserError, first_line, suggestion


def test_one_problem_is_one_line():
    assert str(UserError("corpus.csv: no column 'text'")) == "corpus.csv: no column 'text'"


def test_several_problems_are_counted_and_end_with_what_did_not_happen():
    error = UserError(["line 1: a", "line 2: b"], consequence="nothing was trained")
    assert str(error).splitlines() == ["line 1: a", "line 2: b", "2 errors, nothing was trained."]


def test_what_did_not_happen_is_told_for_one_problem_too():
    assert "nothing was trained" in str(UserError("line 1: a", consequence="nothing was trained"))


def test_many_problems_are_cut_with_a_count():
    error = UserError([f"line {i}" for i in range(60)])
    assert error.lines(most=50)[49:] == ["line 49", "… and 10 more", "60 errors."]
    assert len(error.lines(most=3)) == 5
    assert len(error.problems) == 60


def test_an_error_from_a_worker_process_keeps_its_problems():
    error = UserError(["a", "b"], consequence="nothing was trained")
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(again, UserError)
    assert again.lines() == error.lines()


def test_a_near_miss_is_suggested():
    said = suggestion("gain_ukraine", ["gains_russia", "gains_ukraine"])
    assert said == "(gains_russia, gains_ukraine; did you mean gains_ukraine?)"


def test_nothing_is_suggested_where_nothing_is_near():
    assert suggestion("xyz", ["stance", "frame"]) == "(stance, frame)"


def test_a_long_list_is_cut_and_its_last_is_suggested_all_the_same():
    said = suggestion("label15x", [f"label{i}" for i in range(16)])
    assert "label11, …; did you mean label15?" in said


def test_what_a_library_said_takes_one_line():
    assert first_line(ValueError("\n  no such key\nin this file")) == "no such key"
    assert first_line(KeyError()) == "KeyError"
