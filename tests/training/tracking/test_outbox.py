"""The outbox: order, patience, and what it says; with a server that goes away, and with a real one."""

from __future__ import annotations

import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import narrashift
from narrashift.training.tracking.outbox import RETRY_SECONDS, Outbox, is_away
from narrashift.training.tracking.run import Tracking


class Server:
    """Takes numbers while it is up."""

    def __init__(self):
        self.up, self.got, self.tries, self.now = True, [], 0, 0.0

    def take(self, number):
        self.tries += 1
        if not self.up:
            raise ConnectionError("refused")
        self.got.append(number)

    def sleep(self, seconds):
        self.now += seconds


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def outbox(server):
    return Outbox("http://server", clock=lambda: server.now, sleep=server.sleep)


def test_a_server_that_answers_gets_everything_at_once_and_nothing_is_said(server, outbox, capsys):
    for number in range(3):
        outbox.send(server.take, number)
        assert server.got[-1] == number
    assert capsys.readouterr().err == ""


def test_what_a_server_missed_comes_later_in_its_order_and_is_said_once(server, outbox, capsys):
    outbox.send(server.take, 0)
    server.up = False
    for number in (1, 2, 3):
        outbox.send(server.take, number)
    server.up = True
    server.now += RETRY_SECONDS
    outbox.send(server.take, 4)
    assert server.got == [0, 1, 2, 3, 4]
    assert capsys.readouterr().err.splitlines() == [
        "http://server does not answer; what it should get is kept and sent later",
        "http://server answers again; everything is sent",
    ]


def test_training_does_not_wait_for_a_server_that_is_away(server, outbox):
    server.up = False
    for number in range(50):
        outbox.send(server.take, number)
    assert server.tries == 1


def test_the_end_waits_as_long_as_it_was_told(server, outbox):
    server.up = False
    outbox.send(server.take, 0)
    assert not outbox.flush(patience=20)
    assert 20 <= server.now <= 24
    server.up = True
    assert outbox.flush(patience=0)
    assert server.got == [0]


def test_an_error_of_the_call_itself_is_no_server_that_is_away(outbox):
    def wrong():
        raise ValueError("no such parameter")

    with pytest.raises(ValueError, match="no such parameter"):
        outbox.send(wrong)
    assert not outbox.waiting
    assert is_away(ConnectionResetError()) and not is_away(OSError("disk full"))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.booleans(), st.floats(0, 100)), max_size=40))
def test_nothing_is_lost_doubled_or_reordered_however_it_comes_and_goes(changes):
    server = Server()
    outbox = Outbox("http://server", clock=lambda: server.now, sleep=server.sleep)
    for number, (up, seconds) in enumerate(changes):
        server.up = up
        server.now += seconds
        outbox.send(server.take, number)
    server.up = True
    assert outbox.flush(patience=0)
    assert server.got == list(range(len(changes)))


@pytest.mark.slow
def test_a_real_server_that_is_killed_during_training_has_the_whole_run_in_the_end(
    serve, small_corpus, tiny_settings, store_template, tmp_path, monkeypatch, capsys
):
    import mlflow

    shutil.copy(store_template, tmp_path / "mlflow.db")
    server = serve(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.address)
    done = []

    def interfere(what, step, steps):
        if what.startswith("epoch 1") and step == 2 and not done:
            server.kill()
            done.append("killed")
        if what.startswith("measuring") and done == ["killed"]:
            server.start()
            done.append("started again")

    trained = narrashift.train(
        corpus=small_corpus, out=tmp_path / "bundle", settings=tiny_settings, tracking=Tracking, progress=interfere
    )
    assert done == ["killed", "started again"]
    client = mlflow.MlflowClient(server.address)
    run = client.get_run(trained.run_id)
    assert run.info.status == "FINISHED"
    assert [m.step for m in client.get_metric_history(trained.run_id, "train/loss")] == [1, 2]
    assert run.data.metrics["test/macro_f1/stance"] == pytest.approx(
        trained.report.figures["macro_f1/stance"].value, abs=1e-5
    )
    assert {item.path for item in client.list_artifacts(trained.run_id)} >= {"figures", "worst_errors.json"}
    said = capsys.readouterr().err
    assert "does not answer; what it should get is kept" in said and "answers again" in said


@pytest.mark.slow
def test_a_run_whose_server_never_came_back_is_sent_by_the_same_command_with_resume(
    small_corpus, tiny_settings, store_template, tmp_path, monkeypatch
):
    """The store refuses metrics from the second epoch on, until the command is given again."""
    import mlflow

    from narrashift.training.tracking import run as module

    shutil.copy(store_template, tmp_path / "mlflow.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    monkeypatch.setattr(module, "PATIENCE", 0.1)
    away = {"yes": False}
    real = Tracking._metrics

    def metrics(self, values, **options):
        if away["yes"]:
            raise ConnectionError("gone")
        real(self, values, **options)

    def leave(what, done, total):
        away["yes"] = away["yes"] or what.startswith("epoch 2")

    monkeypatch.setattr(Tracking, "_metrics", metrics)
    arguments = {"corpus": small_corpus, "out": tmp_path / "bundle", "settings": tiny_settings, "tracking": Tracking}
    with pytest.raises(narrashift.UserError, match="the same command with --resume sends the rest"):
        narrashift.train(**arguments, progress=leave)
    assert (tmp_path / "bundle" / "model.safetensors").exists()
    away["yes"] = False
    trained = narrashift.train(**arguments, resume=True)
    client = mlflow.MlflowClient()
    assert [m.step for m in client.get_metric_history(trained.run_id, "train/loss")] == [1, 2]
    run = client.get_run(trained.run_id)
    assert run.info.status == "FINISHED" and "test/macro_f1/stance" in run.data.metrics
    assert not (tmp_path / "bundle.training").exists()
