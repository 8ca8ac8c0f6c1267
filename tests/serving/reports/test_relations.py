"""Divergence and lead on the page, in a real browser, with names that would harm its reader."""

from __future__ import annotations

import json
from datetime import timedelta
from importlib import resources

import numpy as np
import polars as pl
import pytest

from narrashift.serving.reports.page import write_report

from .conftest import Opened
from .folders import BEGIN, make_folder
from .hostile import SOURCES
from .test_browser import AXE

pytestmark = pytest.mark.slow
expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
ONE, OTHER = "<img src=x onerror=window.hacked='camp'>", "\u202epmac"


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    """A shift folder whose camps and sources have hostile names."""
    folder = make_folder(tmp_path_factory.mktemp("related") / "shifts", sources=SOURCES)
    rng = np.random.default_rng(0)
    days = [BEGIN + timedelta(days=7 * week) for week in range(30)]
    rows = [
        {
            "one": ONE, "other": OTHER, "task": "frame", "label": label, "period": day, "articles_one": 20,
            "articles_other": 30, "divergence": bits, "low": None if label else bits / 2,
            "high": None if label else bits * 2, "share_one": 0.1 if label else None,
            "share_other": 0.4 if label else None,
        }
        for day in [*days, None]
        for bits in [float(rng.uniform(0.1, 0.2))]
        for label in (None, "<b>losses</b>")
    ]  # fmt: skip
    pl.DataFrame(rows, infer_schema_length=None).write_parquet(folder / "divergence.parquet")
    pair = {"task": "frame", "label": "losses_russia", "lag_low": 1, "lag_high": 3, "lag_support": 0.9, "periods": 30}
    pairs = [
        {
            **pair, "ahead": SOURCES[0], "behind": SOURCES[k], "lag": k - 1, "association": 0.5, "p_value": 0.001 * k,
            "q_value": 0.05 * k, "first": SOURCES[0] if k == 1 else None,
        }
        for k in (1, 2, 3)
    ]  # fmt: skip
    pl.DataFrame(pairs, infer_schema_length=None).write_parquet(folder / "lead.parquet")
    content = json.loads((folder / "shifts.json").read_text("utf-8"))
    first = content["shifts"][0]
    camps = {"origin": "stance", "members": {ONE: [SOURCES[0]], OTHER: [SOURCES[1]]}, "left_out": list(SOURCES[2:])}
    content["divergence"] = {"camps": camps, "whole_run": []}
    content["lead"] = {
        "lags": 4, "permutations": 499, "fewest_periods": 20, "sources": 8, "sources_left_out": 0, "tests": 3,
        "without_data_enough": 9, "tested_by_permutation": 3,
        "orders": [{"task": first["task"], "label": first["label"], "direction": "more", "shifts": [first["id"]],
                    "first": [SOURCES[0]]}],
    }  # fmt: skip
    (folder / "shifts.json").write_text(json.dumps(content), "utf-8")
    write_report(folder, folder / "page.html")
    return folder / "page.html"


@pytest.fixture
def seen(browser, page_file):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(15_000)
    found = Opened(page)
    page.goto(page_file.as_uri())
    page.evaluate("Promise.all(['divergence', 'lead'].map(page.start))")
    yield found
    page.close()


def test_keys_choose_a_period_and_its_labels_are_told(seen):
    page = seen.page
    page.locator("#divergence .chart-of").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    said = page.locator("#divergence .labels").inner_text()
    assert "frame, 2022-01-10" in said and "<b>losses</b>" in said and "40 %" in said and "img src=x" in said
    page.locator("#divergence summary", has_text="figures as a table").click()
    expect(page.locator("#divergence .listed tbody tr")).to_have_count(30)
    assert seen.wrong() == []


def test_a_cell_of_the_matrix_opens_its_pair_and_only_what_passed_is_strong(seen):
    page = seen.page
    expect(page.locator("#lead .matrix td.strong")).to_have_count(4)
    expect(page.locator("#lead .matrix td.faint")).to_have_count(2)
    page.locator("#lead .matrix button", has_text="▸").click()
    expect(page.locator("#lead .listed tbody tr")).to_have_count(1)
    assert "0.001" in page.locator("#lead .listed tbody tr").inner_text()
    page.locator("#lead select").select_option("*")
    expect(page.locator("#lead .orders li")).to_have_count(1)
    assert page.locator("#lead .turns a").count() > 0
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
    assert seen.wrong() == []


def test_axe_finds_nothing_in_either_part(seen):
    page = seen.page
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.evaluate((resources.files("axe_playwright_python") / "axe.min.js").read_text("utf-8"))
    own = AXE.replace("axe.run(document", "axe.run({ include: [['#divergence'], ['#lead']] }")
    assert page.evaluate(own) == []
