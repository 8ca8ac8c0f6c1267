"""Models side by side: what is computed, and what the page says."""

from __future__ import annotations

import html.parser
import re
import shutil

import numpy as np
import pytest

import narrashift
from narrashift.model.bundle import open_bundle
from narrashift.training.comparing.comparison import compare
from narrashift.training.comparing.page import html_page, markdown
from narrashift.training.measuring.examination import examine

HOSTILE = '<script>alert(1)</script> & "quoted" | piped'


@pytest.fixture(scope="module")
def corpus(small_rows, codebook):
    rows = [
        row | {"text": f"{HOSTILE} {row['text']}" if i % 7 == 0 else row["text"]} for i, row in enumerate(small_rows)
    ]
    return narrashift.from_dataset(rows, codebook=codebook)


@pytest.fixture(scope="module")
def comparison(tiny_bundle, corpus):
    return compare(
        {"first": open_bundle(tiny_bundle), "tfidf": open_bundle(tiny_bundle / "tfidf")}, corpus=corpus, resamples=40
    )


def test_the_figures_are_those_of_each_model_alone(comparison, tiny_bundle, corpus):
    for report, folder in zip(comparison.reports, (tiny_bundle, tiny_bundle / "tfidf"), strict=True):
        alone = examine(bundle=folder, corpus=corpus, resamples=1).report
        assert report.figures["macro_f1/stance"].value == pytest.approx(alone.figures["macro_f1/stance"].value)
    own = comparison.differences[0, 1]["macro_f1/stance"]
    assert own.value == pytest.approx(
        comparison.reports[0].figures["macro_f1/stance"].value - comparison.reports[1].figures["macro_f1/stance"].value
    )


def test_only_settings_that_differ_are_listed(comparison):
    assert comparison.settings == {"kind": ("transformer", "tfidf")}


def test_the_confusion_of_each_model_counts_every_passage(comparison, corpus):
    tables = comparison.confusions["stance"]
    assert tables.shape == (2, 3, 3)
    assert tables.sum(axis=(1, 2)).tolist() == [len(corpus)] * 2
    assert tables[0].sum(axis=1).tolist() == np.bincount(corpus.targets["stance"], minlength=3).tolist()


def test_disagreements_are_passages_on_which_answers_differ_the_widest_apart_first(comparison):
    assert comparison.disagreed >= len(comparison.disagreements) > 0
    assert all(len(set(one.answers)) == 2 for one in comparison.disagreements)
    spreads = [one.spread for one in comparison.disagreements]
    assert spreads == sorted(spreads, reverse=True)


class Tags(html.parser.HTMLParser):
    """Tags and attributes of a page."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


def test_the_page_runs_nothing_and_fetches_nothing(comparison):
    page = html_page(comparison)
    tags = Tags()
    tags.feed(page)
    assert {tag for tag, _ in tags.found} & {"script", "link", "img", "iframe", "object"} == set()
    assert not [a for _, attributes in tags.found for a in attributes if a in ("src", "href") or a.startswith("on")]
    assert "url(" not in page and "@import" not in page


def test_hostile_passages_are_shown_as_text(comparison):
    hostile = [one for one in comparison.disagreements if one.text.startswith("<script>")]
    assert hostile, "the passages should hold one of them"
    page = html_page(comparison)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_page_has_a_bar_for_every_label_and_model(comparison):
    page = html_page(comparison)
    labels = [name for name in comparison.reports[0].figures if name.startswith("f1/")]
    assert page.count('class="track"') == 2 * len(labels)
    for title in (
        "What differs",
        "Figures",
        "first less tfidf",
        "F1 of every label",
        "Passages on which they disagree",
    ):
        assert title in page
    widths = [float(width) for width in re.findall(r"width: ([\d.]+)%", page)]
    assert all(0 <= width <= 100 for width in widths)


def test_the_markdown_has_tables_of_equal_width(comparison):
    text = markdown(comparison)
    for block in text.split("\n\n"):
        if block.startswith("|"):
            assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1
    assert "| macro_f1/stance |" in text


def test_the_command_writes_both_files(command, tiny_bundle, small_file, tmp_path):
    out = tmp_path / "page.html"
    ended = command(
        "compare", tiny_bundle, tiny_bundle / "tfidf", "--data", small_file, "--split", "test", "--out", out
    )
    assert ended.code == 0, ended.err
    assert "What differs" in out.read_text() and "## Figures" in out.with_suffix(".md").read_text()
    again = command(
        "compare", tiny_bundle, tiny_bundle / "tfidf", "--data", small_file, "--split", "test", "--out", out
    )
    assert again.code == 2 and "exists already" in again.err


@pytest.mark.parametrize(
    ("models", "options", "message"),
    [
        (["{bundle}"], [], "one model cannot be compared"),
        (["{bundle}", "{bundle}"], [], "named twice"),
        (["{bundle}", "{bundle}/tfidf"], [], "was trained or fitted on 90 of these 120 passages"),
        (["{bundle}", "{bundle}/tfidf"], ["--split", "dev"], "no passage has this split"),
        (["{bundle}", "nobody-knows-it"], [], "nobody-knows-it: no bundle, and no run of this id or name"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    models, options, message, command, tiny_bundle, small_file, store_template, tmp_path, monkeypatch
):
    shutil.copy(store_template, tmp_path / "mlflow.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    named = [name.replace("{bundle}", str(tiny_bundle)) for name in models]
    ended = command("compare", *named, "--data", small_file, "--out", tmp_path / "page.html", *options)
    assert ended.code == 2
    assert message in ended.err
    assert not (tmp_path / "page.html").exists()
