"""What a process of a team tells the others, and when it is of one at all."""

from __future__ import annotations

import pytest

from narrashift.model.errors import Interrupted, UserError
from narrashift.training.processes.team import Left, Lost, Team, asked_for

NAMES = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


def test_alone_every_call_is_free():
    team = Team()
    assert team.leads
    assert team.sync(stop=True, score=0.5) == (True, 0.5)
    assert team.add_up([], 1.25) == 1.25
    assert team.seed(3, step=9) == 3


def test_those_who_follow_draw_other_dropout_than_the_leader_also_after_a_resume():
    seeds = [Team(rank, 3).seed(0, step=step) for rank in range(3) for step in (0, 100)]
    assert seeds[:2] == [0, 0]
    assert len(set(seeds[2:])) == 4


def test_a_process_is_one_of_several_where_a_launcher_says_so(monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert not asked_for()  # a cluster's own variable, without a meeting place
    for name in NAMES:
        monkeypatch.setenv(name, "2")
    assert asked_for()
    monkeypatch.setenv("WORLD_SIZE", "1")
    assert not asked_for()


@pytest.fixture
def leader(monkeypatch):
    """One of two processes, and the words that it sends to the other."""
    sent = []
    monkeypatch.setattr(Team, "_add_up_words", lambda self, *words: sent.append(words) or [*words])
    return Team(0, 2), sent


def unsaved():
    raise AssertionError("nothing is to be saved")


def test_where_the_leader_leaves_between_two_steps_the_others_are_told(leader):
    team, sent = leader
    with pytest.raises(ZeroDivisionError), team.leading(save=unsaved):
        team.sync()
        raise ZeroDivisionError
    assert sent == [(False, False, 0.0), (True, False, 0.0)]
    assert team.others == "waiting"


def test_where_it_breaks_within_a_step_in_which_the_others_wait_for_gradients_they_are_given_up(leader):
    team, sent = leader
    with pytest.raises(ZeroDivisionError), team.leading(save=unsaved):
        team.others = "in a step"
        raise ZeroDivisionError
    assert (sent, team.others) == ([], "lost")


def test_an_agreed_stop_is_not_told_again(leader):
    team, sent = leader
    with pytest.raises(Interrupted), team.leading(save=unsaved):
        assert team.sync(stop=True, score=0.5) == (True, 0.5)
        raise Interrupted
    assert (sent, team.others) == ([(False, True, 0.5)], "waiting")


def test_the_leader_saves_where_another_process_has_gone_and_those_who_follow_do_not(leader):
    saved = []
    with pytest.raises(UserError, match="--resume goes on"), leader[0].leading(save=lambda: saved.append(1)):
        raise Lost
    assert saved == [1]
    with pytest.raises(Lost), Team(1, 2).leading(save=unsaved):
        raise Lost


def test_those_who_follow_leave_with_the_leader(monkeypatch):
    monkeypatch.setattr(Team, "_add_up_words", lambda self, *words: [True, False, 0.0])
    with pytest.raises(Left):
        Team(1, 2).sync()
