"""A comparison as one self-contained HTML page, and as Markdown."""

from __future__ import annotations

from importlib import resources
from typing import Any

import jinja2

from .comparison import Comparison

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#555555", "#f0e442")
"""Told apart by most colour-blind readers (Okabe & Ito 2008)."""


def html_page(comparison: Comparison) -> str:
    """One file that needs no network: no script, no font, no picture from elsewhere."""
    source = resources.files(__package__).joinpath("page.html.jinja").read_text("utf-8")
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    return environment.from_string(source).render(**_content(comparison), colours=COLOURS)


def markdown(comparison: Comparison) -> str:
    """The same tables for a paper's appendix or an issue."""
    content = _content(comparison)
    models = comparison.models
    blocks = [f"# {content['title']}", content["said"]]
    if content["settings"]:
        blocks += ["## What differs", _table(["setting", *models], content["settings"])]
    blocks += ["## Figures", _table(["figure", *models], content["figures"])]
    for pair, rows in content["tests"]:
        blocks += [f"## {pair}", _table(["figure", "difference [95 %]", "p"], rows)]
    blocks += ["## F1 of every label", _table(["label", *models], content["labels"])]
    return "\n\n".join(blocks) + "\n"


def _content(comparison: Comparison) -> dict[str, Any]:
    reports, corpus = comparison.reports, comparison.corpus
    headline = list(reports[0].headline())
    labels = [name for name in reports[0].figures if name.startswith("f1/")]
    return {
        "title": " · ".join(comparison.models),
        "said": (
            f"{len(corpus):,} labelled passages, the same for all. In brackets 95 % bootstrap intervals over "
            f"{reports[0].resampled}; differences by a paired bootstrap test on the same resamples."
        ),
        "models": comparison.models,
        "settings": [(name, *map(_shown, values)) for name, values in comparison.settings.items()],
        "figures": [(name, *(str(report.figures[name]) for report in reports)) for name in headline],
        "tests": [
            (
                f"{comparison.models[i]} less {comparison.models[j]}",
                [
                    (name, f"{own.value:+.3f} [{own.lo:+.3f}, {own.hi:+.3f}]", f"{own.p:.3f}")
                    for name in headline
                    if (own := differences[name]).value == own.value
                ],
            )
            for (i, j), differences in comparison.differences.items()
        ],
        "labels": [(name.removeprefix("f1/"), *(str(r.figures[name]) for r in reports)) for name in labels],
        "bars": [(name.removeprefix("f1/"), [_bar(report.figures[name]) for report in reports]) for name in labels],
        "confusions": [
            (name, corpus.codebook.tasks[name].leaves, [_shaded(table) for table in tables])
            for name, tables in comparison.confusions.items()
        ],
        "disagreements": comparison.disagreements,
        "disagreed": comparison.disagreed,
    }


def _bar(figure: Any) -> dict[str, Any] | None:
    """Percentages of a bar and its interval; None where the figure is undefined."""
    if figure.value != figure.value:
        return None
    return {"value": 100 * figure.value, "lo": 100 * figure.lo, "hi": 100 * figure.hi, "shown": f"{figure.value:.2f}"}


def _shaded(table: Any) -> list[list[tuple[int, float]]]:
    """Counts, each with its share of the row."""
    return [[(int(count), float(count / max(row.sum(), 1))) for count in row] for row in table]


def _shown(value: Any) -> str:
    return "–" if value is None else str(value)


def _table(head: list[str], rows: list[tuple]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)
