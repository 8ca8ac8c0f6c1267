"""The report as one self-contained HTML page: no script, nothing from elsewhere, light and dark."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources

import jinja2
from markupsafe import Markup

from .check import Checked
from .finding import SEVERITIES, Finding, Table

MOST_SPOTS = 50
"""Rows shown of a finding; JSON has all."""


def html_page(checked: Checked, *, title: str) -> str:
    """One file; its content policy allows its own style, by digest, and nothing else."""
    here = resources.files(__package__)
    style = here.joinpath("page.css").read_text("utf-8")
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters |= {"findings": _findings, "tables": _tables, "numeric": _numeric}
    return environment.from_string(here.joinpath("page.html.jinja").read_text("utf-8")).render(
        checked=checked,
        title=title,
        verdict="Test figures on these data would be better than the truth."
        if checked.dishonest
        else "Nothing found that would make test figures dishonest.",
        most=MOST_SPOTS,
        style=Markup(style),
        style_digest=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )


def _findings(found: list[Finding | Table]) -> list[Finding]:
    """The findings of a check, the worst first."""
    own = [one for one in found if isinstance(one, Finding)]
    return sorted(own, key=lambda one: SEVERITIES.index(one.severity))


def _tables(found: list[Finding | Table]) -> list[Table]:
    return [one for one in found if isinstance(one, Table)]


def _numeric(table: Table) -> set[int]:
    """Columns that hold numbers."""
    return {i for i in range(len(table.columns)) if any(isinstance(row[i], int | float) for row in table.rows)}
