"""Tasks for Label Studio, and the labelling interface of a codebook."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from .....model.codebook import Codebook
from .....model.errors import UserError
from .....model.folders import check_free, whole_file
from ..readers.label_studio import UNASKED
from .exported import Outgoing

CONTROL = re.compile(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 does not have."""


def write_label_studio(passages: Sequence[Outgoing], *, codebook: Codebook, out: Path, overwrite: bool) -> list[Path]:
    """Tasks as JSON for Label Studio's import, and beside them `….xml`, its labelling interface.

    A person's labels become an annotation, a model's a prediction that annotators see and correct, with its version
    and the probability of its least sure decision as `score`, by which tasks can be ordered.
    """
    interface = out.with_suffix(".xml")
    if out.suffix != ".json":
        raise UserError(f"{out}: .json is expected")
    check_free(interface, overwrite=overwrite)
    tasks = [_task(passage) for passage in passages]
    with ExitStack() as files:
        files.enter_context(whole_file(out)).write_text(json.dumps(tasks, ensure_ascii=False, indent=1), "utf-8")
        files.enter_context(whole_file(interface)).write_text(labelling_interface(codebook), "utf-8")
    return [out, interface]


def labelling_interface(codebook: Codebook) -> str:
    """The text, and below it one control a task; what a label means is its hint."""
    view = ElementTree.Element("View")
    ElementTree.SubElement(view, "Text", name="text", value="$text")
    for name, task in codebook.tasks.items():
        title = f"{name}: {task.means}" if task.means else name
        ElementTree.SubElement(view, "Header", value=_plain(title))
        single = task.kind == "single"
        control = {"choice": "single", "required": "true"} if single else {"choice": "multiple"}
        choices = ElementTree.SubElement(
            view, "Choices", {"name": name, "toName": "text", "showInline": "true", **control}
        )
        for leaf in task.leaves:
            ElementTree.SubElement(choices, "Choice", value=leaf, hint=_plain(task.labels[leaf].means))
    ElementTree.indent(view)
    return ElementTree.tostring(view, encoding="unicode") + "\n"


def _plain(text: str) -> str:
    return CONTROL.sub(" ", text)


def _task(passage: Outgoing) -> dict[str, Any]:
    task: dict[str, Any] = {"data": {"text": passage.text, **passage.columns}}
    if passage.model is not None:
        result = _results({name: labels for name, labels in passage.labels.items() if labels})
        task["predictions"] = [{"model_version": passage.model, "score": passage.sureness, "result": result}]
    elif any(labels is not None for labels in passage.labels.values()):
        task["annotations"] = [{"result": _results(passage.labels)}]
    return task


def _results(labels: Mapping[str, Sequence[str] | None]) -> list[dict[str, Any]]:
    """A result for each task; one that is not labelled says so, else an empty one would mean none of the labels."""
    return [
        {
            "id": name,
            "from_name": name,
            "to_name": "text",
            "type": "choices",
            "value": {"choices": list(own or ())},
            **({"meta": {"text": [UNASKED]}} if own is None else {}),
        }
        for name, own in labels.items()
    ]
