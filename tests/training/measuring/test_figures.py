"""The figures and the tables of a run: drawn for what is labelled, and true to the counts."""

from __future__ import annotations

import io

import numpy as np
import pytest

from narrashift.training.measuring.errors_table import errors_page, worst_errors
from narrashift.training.measuring.evaluation import Predictions, truth
from narrashift.training.measuring.figures import draw_figures

ROWS = [
    {"id": "1", "text": "a", "stance": "neutral", "frame": ["gains_russia"], "source": "x"},
    {"id": "2", "text": "b", "stance": "pro_russia", "frame": []},
    {"id": "3", "text": "c", "stance": "neutral", "frame": None},
    {"id": "4", "text": "d", "stance": None, "frame": ["losses_russia"]},
]


@pytest.fixture
def corpus(corpus_of):
    return corpus_of(ROWS)


@pytest.fixture
def predicted(corpus):
    """Right everywhere, but for passage 2's stance (0.9 neutral) and passage 1's missed frame (0.3)."""
    on = {name: truth(corpus, name) for name in corpus.codebook.tasks}
    probabilities = {name: np.where(values, 0.9, 0.05) for name, values in on.items()}
    on["stance"][1], probabilities["stance"][1] = [False, False, True], [0.05, 0.05, 0.9]
    on["frame"][0, 1], probabilities["frame"][0, 1] = False, 0.3
    return Predictions(probabilities=probabilities, on=on)


def test_a_labelled_task_has_four_figures_and_an_unlabelled_one_none(predicted, corpus):
    drawn = dict(draw_figures(predicted, corpus=corpus))
    kinds = ("confusion", "precision_recall", "reliability", "risk_coverage")
    assert set(drawn) == {f"{kind}/{task}.png" for kind in kinds for task in ("stance", "frame")}
    for figure in drawn.values():
        figure.savefig(buffer := io.BytesIO(), format="png")
        assert buffer.getvalue().startswith(b"\x89PNG")


def test_the_counts_in_the_confusion_matrix_are_those_of_labelled_passages(predicted, corpus):
    [axes] = dict(draw_figures(predicted, corpus=corpus))["confusion/stance.png"].axes
    counts = np.array([int(text.get_text()) for text in axes.texts]).reshape(3, 3)
    assert counts.tolist() == [[0, 0, 0], [0, 0, 1], [0, 0, 2]]


def test_the_worst_errors_come_first_with_all_that_a_reader_needs(predicted, corpus):
    assert worst_errors(predicted, corpus=corpus) == [
        {"task": "stance", "text": "b", "true": "pro_russia", "decided": "neutral", "sureness": 0.95}
        | {"id": "2", "source": None},
        {"task": "frame", "text": "a", "true": "gains_russia", "decided": "(none)", "sureness": 0.7}
        | {"id": "1", "source": "x"},
    ]


def test_the_page_of_errors_has_whole_passages_and_no_empty_columns():
    rows = [{"task": "stance", "text": "<b>long</b> " * 30, "true": "neutral", "sureness": 0.95, "source": None}]
    page = errors_page(rows)
    assert "&lt;b&gt;long&lt;/b&gt; " * 29 in page and "<b>" not in page and "source" not in page and "0.950" in page


def test_no_more_errors_than_asked_for(predicted, corpus):
    assert [row["task"] for row in worst_errors(predicted, corpus=corpus, most=1)] == ["stance"]
