"""What would make figures on a split dishonest: looked for before anything is trained on it."""

from __future__ import annotations

from collections.abc import Sequence

from ...model.errors import UserError
from .checking.duplicates import check_across, check_contradictions
from .checking.finding import Finding
from .checking.groups import check_groups
from .checking.material import of_split
from .checking.sources import told_by_source
from .splits import Split


def audit_split(split: Split) -> list[Finding]:
    """Near-duplicates and groups on two sides of a split, contradictory labels, and sources that tell a label."""
    material = of_split(split)
    found = [
        *check_across(material), *check_groups(material), *check_contradictions(material), *told_by_source(material)
    ]  # fmt: skip
    return [finding for finding in found if isinstance(finding, Finding)]


def refuse_dishonest(findings: Sequence[Finding], *, allowed: bool, consequence: str) -> None:
    """Raise a `UserError` for findings that make test figures dishonest, unless they are allowed."""
    wrong = [finding.text for finding in findings if finding.dishonest]
    if wrong and not allowed:
        way_out = "Divide anew (narrashift data split), or pass --allow-leaks and say so with the figures"
        raise UserError([*wrong[:-1], f"{wrong[-1]}. {way_out}"], consequence=consequence)
