"""The registered model away from narrashift's own commands: in Spark, and behind `mlflow models serve`."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

import narrashift
from narrashift.model.bundle import open_bundle
from narrashift.training.measuring.evaluation import predict
from narrashift.training.tracking.run import Tracking

CHAMPION = "models:/narrashift@champion"
PAGE = (Path(__file__).parents[3] / "docs" / "scoring.md").read_text("utf-8")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def registered(store_template, exported_bundle, small_corpus, tmp_path_factory):
    """A store with an exported bundle as its champion, some texts, and what the bundle says of them."""
    folder = tmp_path_factory.mktemp("deployed")
    shutil.copy(store_template, folder / "mlflow.db")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder / 'mlflow.db'}")
        with Tracking(name="deployed") as run:
            run.register(
                bundle=exported_bundle, test=small_corpus, predicted=predict(open_bundle(exported_bundle), small_corpus)
            )
        texts = [*small_corpus.texts[:6], "Ще одне речення."]
        predictor = narrashift.load(exported_bundle, exported=True)
        expected = [
            {f"{task}.{label}": p for task, labels in said.probabilities.items() for label, p in labels.items()}
            | {task: labels if isinstance(labels, str) else "|".join(labels) for task, labels in said.labels.items()}
            for said in predictor.predict(texts)
        ]
        yield SimpleNamespace(folder=folder, texts=texts, expected=expected)


def block(word: str) -> str:
    """The example on the page that has this word."""
    [found] = [text for text in re.findall(r"^```\w+\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL) if word in text]
    return found


def test_the_registered_model_runs_its_exported_files(registered):
    code = f"""
import sys, mlflow
answers = mlflow.pyfunc.load_model({CHAMPION!r}).predict({registered.texts!r})
assert "onnxruntime" in sys.modules and "torch" not in sys.modules
print(answers.to_json(orient="records"))
"""
    ran = subprocess.run([sys.executable, "-c", code], cwd=registered.folder, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert json.loads(ran.stdout.splitlines()[-1]) == [pytest.approx(row, abs=1e-9) for row in registered.expected]


@pytest.fixture(scope="module")
def spark(registered) -> Iterator[Any]:
    """Spark on this machine; its JVM ends with it."""
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("Spark needs Java")
    from pyspark.sql import SparkSession

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        quiet = {"spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "1", "spark.log.level": "ERROR"}
        session = SparkSession.builder.master("local[1]").config(map=quiet).getOrCreate()
        jvm = session.sparkContext._gateway.proc
        try:
            yield session
        finally:
            session.stop()
            jvm.stdin.close()  # what the gateway's process waits for
            try:
                jvm.wait(timeout=20)
            except subprocess.TimeoutExpired:
                jvm.kill()


def test_spark_says_of_a_table_what_predict_says(registered, spark):
    texts = [*registered.texts, None, "", " \n"]
    articles = spark.createDataFrame([(number, text) for number, text in enumerate(texts)], "id int, text string")
    names: dict[str, Any] = {"spark": spark, "articles": articles}
    exec(block("spark_udf"), names)  # as the page says it
    labels = [row.asDict() for row in names["scored"].orderBy("id").drop("id").collect()]
    assert labels[: len(registered.texts)] == registered.expected
    for row in labels[len(registered.texts) :]:
        assert {value for name, value in row.items() if "." in name} == {None}
        assert {value for name, value in row.items() if "." not in name} == {""}
    counted = {row["stance"]: row["count"] for row in names["counts"].collect()}
    assert sum(counted.values()) == len(texts) and counted[""] == 3


@pytest.fixture(scope="module")
def ask(registered) -> Iterator[Callable[[Any], tuple[int, Any]]]:
    """`ask(body)`: status and JSON of a POST to `mlflow models serve`, started with the page's own command."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    [line] = [line for line in block("mlflow models serve").splitlines() if line.startswith("mlflow models serve")]
    words = re.sub(r"--port \d+", f"--port {port}", line).split()
    offline = {"HF_HUB_OFFLINE": "1", "http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    with (registered.folder / "serve.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", *words], cwd=registered.folder, stdout=log, stderr=log, start_new_session=True,
            env={**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", **offline},
        )  # fmt: skip
    address = f"http://127.0.0.1:{port}"

    def post(body: Any) -> tuple[int, Any]:
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        request = urllib.request.Request(f"{address}/invocations", data, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    try:
        for _ in range(480):
            try:
                with urllib.request.urlopen(f"{address}/ping", timeout=2):
                    break
            except OSError:
                assert server.poll() is None, (registered.folder / "serve.log").read_text()[-2000:]
                time.sleep(0.25)
        yield post
    finally:
        os.killpg(server.pid, 9)
        server.wait()


def test_the_server_answers_what_predict_says(registered, ask):
    expected = [pytest.approx(row, abs=1e-12) for row in registered.expected]
    status, answer = ask({"dataframe_split": {"columns": ["text"], "data": [[text] for text in registered.texts]}})
    assert (status, answer["predictions"]) == (200, expected)
    status, answer = ask({"instances": registered.texts})
    assert (status, answer["predictions"]) == (200, expected)


def test_the_server_tells_an_empty_text_from_the_others(registered, ask):
    status, answer = ask({"instances": [registered.texts[0], " "]})
    assert status == 200
    assert answer["predictions"][0] == pytest.approx(registered.expected[0], abs=1e-12)
    assert set(answer["predictions"][1].values()) == {None, ""}


@pytest.mark.parametrize(
    ("body", "said"),
    [("nonsense", "valid JSON"), ({"texts": ["Kyiv holds."]}, "exactly one of the input fields")],
)
def test_the_server_says_what_is_wrong_with_a_request(ask, body, said):
    status, answer = ask(body)
    assert status == 400
    assert said in answer["message"]


def test_the_example_request_of_the_readme_is_answered(ask):
    [body] = re.findall(r"-d '(\{.*\})'", block("mlflow models serve"))
    status, answer = ask(body)
    assert status == 200
    assert set(answer["predictions"][0]) >= {"stance", "frame", "technique", "stance.pro_ukraine"}


def test_an_unusable_row_of_a_table_is_empty(registered):
    import mlflow

    answers = mlflow.pyfunc.load_model(CHAMPION).predict(pd.DataFrame({"text": [None, registered.texts[0], ""]}))
    assert answers["stance"].tolist() == ["", registered.expected[0]["stance"], ""]
    assert answers["stance.neutral"].tolist() == [None, registered.expected[0]["stance.neutral"], None]
    assert len(mlflow.pyfunc.load_model(CHAMPION).predict(pd.DataFrame({"text": [""]}))) == 1
