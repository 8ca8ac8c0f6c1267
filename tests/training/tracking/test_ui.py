"""The MLflow UI as a person sees it: a real server, a real browser. Screenshots go to $SCREENSHOTS, where it is set."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

import narrashift
from narrashift.training.data.splits import split_corpus
from narrashift.training.settings import TrainSettings
from narrashift.training.sweep import sweep
from narrashift.training.tracking.registry import run_table
from narrashift.training.tracking.run import Tracking

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
EXPANDER = '[data-component-id*="runnamecellrenderer"]'
"""The plus before a run that has others below it."""
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here; .ci/run installs it"),
]
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (pip install '.[dev]')")


@pytest.fixture(scope="module")
def served(serve, small_corpus, tiny_settings, store_template, tmp_path_factory):
    """A server with three runs that differ in seed, and a sweep of two trials."""
    folder = tmp_path_factory.mktemp("ui")
    shutil.copy(store_template, folder / "mlflow.db")
    server = serve(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", server.address)
        patch.chdir(folder)
        trained = [
            narrashift.train(
                corpus=small_corpus,
                out=folder / f"study-{seed}",
                settings=TrainSettings(**(tiny_settings.model_dump() | {"seed": seed})),
                tracking=Tracking,
            )
            for seed in range(3)
        ]
        sweep(
            split=split_corpus(small_corpus),
            out=folder / "best.toml",
            study=folder / "sweep.db",
            settings=TrainSettings(**(tiny_settings.model_dump() | {"epochs": 1})),
            space={"batch": [8, 16]},
            trials=2,
            tracking=Tracking,
        )
    return SimpleNamespace(address=server.address, runs=[one.run_id for one in trained])


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        running = started.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield running
        running.close()


@pytest.fixture
def seen(browser, served):
    """`seen("name", "path", "word", …, click=[…])`: open a page, click, wait for words, take a picture."""
    page = browser.new_page(viewport={"width": 1700, "height": 1100})
    page.set_default_timeout(60_000)

    def look(name, path, *words, click=(), inside=None):
        page.goto("about:blank")  # else only what is behind the # changes, and MLflow keeps the artifact that it shows
        page.goto(f"{served.address}/#{path}")
        with contextlib.suppress(playwright.TimeoutError):  # the assistant covers a quarter of the page
            page.get_by_role("button", name="Close").first.click(timeout=5_000)
        for word in click:
            (page.locator(word) if word.startswith("[") else page.get_by_text(word, exact=True)).first.click()
        for word in words:
            page.get_by_text(word, exact=False).first.wait_for()
        if inside:
            page.frame_locator("iframe").get_by_text(inside).first.wait_for()
        page.wait_for_timeout(1_500)
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=f"{folder}/{name}.png")
        return page.inner_text("body")

    yield look
    page.close()


def experiment(served):
    import mlflow

    return mlflow.MlflowClient(served.address).get_run(served.runs[0]).info.experiment_id


def longest_error(served, folder):
    """The longest passage in a run's table of worst errors."""
    import mlflow

    file = mlflow.MlflowClient(served.address).download_artifacts(served.runs[0], "worst_errors.json", str(folder))
    table = json.loads(Path(file).read_text("utf-8"))
    return max((row[table["columns"].index("text")] for row in table["data"]), key=len)


def test_the_run_table_names_the_runs(seen, served):
    text = seen("runs", f"/experiments/{experiment(served)}/runs", "study-0-seed0", "sweep")
    assert "study-2-seed2" in text and "__main__" not in text


def test_the_view_of_figures_shows_each_tasks_beside_the_yardsticks(seen, served):
    import mlflow

    run = mlflow.MlflowClient(served.address).get_run(served.runs[0])
    path = f"/experiments/{run.info.experiment_id}/runs?viewStateShareKey=narrashift"
    assert run_table(served.address) == f"{served.address}/#{path}"
    text = seen("figures", path, "test/macro_f1/stance", "yardstick/macro_f1/stance", "study-0-seed0")
    assert str(run.data.metrics["test/macro_f1/stance"]) in text


def test_the_trials_of_a_sweep_lie_below_it(seen, served):
    at = f"/experiments/{experiment(served)}/runs?viewStateShareKey=narrashift"
    text = seen("sweep", at, "trial-0", "trial-1", click=[EXPANDER])
    assert "sweep" in text


def test_a_run_shows_its_settings_and_figures(seen, served):
    text = seen(
        "run", f"/experiments/{experiment(served)}/runs/{served.runs[0]}", "learning_rate", "test/macro_f1/stance"
    )
    assert "train_passages" in text


def test_the_error_table_and_the_figures_open_in_the_ui(seen, served, tmp_path):
    at = f"/experiments/{experiment(served)}/runs/{served.runs[0]}/artifacts"
    assert "sureness" in seen("error_table", f"{at}/worst_errors.json", "sureness")
    seen("errors", f"{at}/worst_errors.html", "worst_errors.html", inside=longest_error(served, tmp_path)[-40:])
    seen("figure", at, "Path: ", click=["figures", "confusion", "stance.png"])


def test_three_runs_are_compared(seen, served):
    runs = "%2C".join(f"%22{run}%22" for run in served.runs)
    at = f"/compare-runs?runs=%5B{runs}%5D&experiments=%5B%22{experiment(served)}%22%5D"
    text = seen("compare", at, "study-0-seed0", "Parameters")
    assert "study-1-seed1" in text and "seed" in text


def test_the_model_has_its_champion(seen):
    text = seen("models", "/models/narrashift", "Version 1", "champion")
    assert "Version 3" in text and "study-2: " in text
