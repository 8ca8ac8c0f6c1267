"""A folder that Hugging Face `datasets` loads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .....model.codebook import Codebook
from .....model.folders import new_folder
from ...corpus import OPTIONAL, SPLITS
from .exported import Outgoing


def write_datasets(passages: Sequence[Outgoing], *, codebook: Codebook, out: Path, overwrite: bool) -> list[Path]:
    """A dataset with class labels, or, where every passage has a split, one for each split."""
    import datasets

    datasets.disable_progress_bars()
    others = [name for name in OPTIONAL if any(name in passage.columns for passage in passages)]
    kinds: dict[str, Any] = {"text": datasets.Value("string")}
    kinds |= {name: datasets.Value("string") for name in others}
    for name, task in codebook.tasks.items():
        label = datasets.ClassLabel(names=list(task.leaves))
        kinds[name] = label if task.kind == "single" else datasets.List(label)
    parts = [passage.columns.get("split") for passage in passages]
    if all(parts):
        kinds.pop("split")
        by_part = {part: [p for p, own in zip(passages, parts, strict=True) if own == part] for part in SPLITS}
        made: Any = datasets.DatasetDict(
            {part: _dataset(own, kinds=kinds, codebook=codebook) for part, own in by_part.items() if own}
        )
    else:
        made = _dataset(passages, kinds=kinds, codebook=codebook)
    with new_folder(out, overwrite=overwrite) as folder:
        made.save_to_disk(folder)
    return [out]


def _dataset(passages: Sequence[Outgoing], *, kinds: dict[str, Any], codebook: Codebook) -> Any:
    import datasets

    rows: list[dict[str, Any]] = []
    for passage in passages:
        row: dict[str, Any] = {"text": passage.text}
        row |= {name: _text(passage.columns.get(name)) for name in kinds if name in OPTIONAL}
        for name, task in codebook.tasks.items():
            own = passage.labels.get(name)
            row[name] = own if own is None or task.kind == "multi" else next(iter(own), None)
        rows.append(row)
    return datasets.Dataset.from_list(rows, features=datasets.Features(kinds))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
