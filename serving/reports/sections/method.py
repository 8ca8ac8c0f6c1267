"""What was counted, how it was corrected and how sure it is: what a reviewer asks first."""

from __future__ import annotations

from typing import Any

from ..section import Section, make_section
from ..shift_folder import ShiftFolder

WAYS = {
    "matching": "corrected, by matching the distribution of the model's answers to that on held-out passages, "
    "in a mixture of labels and what else the passages say",
    "shrunk": "corrected in part, by matching the distribution of the model's answers to that on held-out passages, "
    "the more, the farther what was decided is from what held-out passages let expect; intervals reach from "
    "uncorrected to wholly corrected shares where it is open how far the correction holds",
    "count": "not corrected: the shares are those that the model decided",
}


LINKS = {"run_id": "run", "model_version": "by model", "training_run": "trained in run"}
"""What `shifts.json` may know of a score folder, in words."""
SAID = ("by", "every", "where", "sensitivity", "false_discoveries", "least", "smallest", "replicates")
"""Settings that the text names, and leaves out where the folder does not hold them."""


def section(folder: ShiftFolder) -> Section | None:
    """The method box; always there."""
    content = folder.content
    settings: dict[str, Any] = content["settings"]
    method: dict[str, Any] = content["method"]
    notes = [*content.get("notes", [])]
    return make_section(
        "method",
        title="Method and limits",
        settings=[(name, "–" if value is None else value) for name, value in settings.items()],
        chosen=dict.fromkeys(SAID) | settings,
        method=method,
        ways=_ways(method.get("shares", {})),
        scores=content["scores"],
        series=len(content["series"]),
        found=sum(one["verdict"] == "shift" for one in content["series"]),
        listed=len(content["shifts"]),
        notes=notes,
        traced=_traced(content.get("traced", {})),
    )


def _traced(traced: dict[str, Any]) -> list[tuple[str, str]]:
    """Each score folder, and its tracked run, its model's version and that one's training, as far as they are known."""
    told = []
    for one in traced.get("scores", []):
        known = [(what, one.get(name)) for name, what in LINKS.items()]
        words = ", ".join(f"{what} {value}" for what, value in known if value)
        told.append((str(one.get("folder")), words or "not tracked"))
    return told


def _ways(shares: dict[str, dict[str, Any]]) -> list[tuple[str, str, list[str]]]:
    """How shares were got, why so, and of which questions."""
    found: dict[tuple[str, str], list[str]] = {}
    for question, told in shares.items():
        way = WAYS.get(str(told.get("method")), f"by {told.get('method')}")
        found.setdefault((way, told.get("reason") or ""), []).append(question)
    return [(way, reason, questions) for (way, reason), questions in found.items()]
