"""JSONL for doccano's import."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from .....model.codebook import Codebook
from .....model.errors import UserError
from .....model.folders import write_whole
from ..readers.doccano import LABELLED, OWN_ID
from .exported import Outgoing


def write_doccano(passages: Sequence[Outgoing], *, codebook: Codebook, out: Path, overwrite: bool) -> list[Path]:
    """A line a passage, its labels with their tasks (`stance.neutral`), since doccano has one list of labels."""
    if out.suffix != ".jsonl":
        raise UserError(f"{out}: .jsonl is expected")
    lines = []
    for passage in passages:
        labels = [f"{name}.{label}" for name, own in passage.labels.items() for label in own or ()]
        columns = {OWN_ID if name == "id" else name: value for name, value in passage.columns.items()}
        asked = "|".join(name for name, own in passage.labels.items() if own is not None)
        line = {"text": passage.text, "label": labels, **columns, LABELLED: asked}
        lines.append(json.dumps(line, ensure_ascii=False, default=str) + "\n")
    write_whole(out, "".join(lines))
    return [out]
