"""The layouts that are read and written, in one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .mapping.codebooks import Parent
from .readers.annotated import Reader
from .readers.columns import read_columns
from .readers.datasets_folder import read_datasets
from .readers.doccano import read_doccano
from .readers.label_studio import read_label_studio
from .readers.semeval2020_task11 import read_semeval2020_task11
from .readers.semeval2021_task6 import read_semeval2021_task6
from .readers.semeval2023_task3 import read_semeval2023_task3
from .readers.semeval2025_task10 import narrative_of, read_semeval2025_task10
from .readers.unlp2025 import read_unlp2025
from .writers.columns import write_columns
from .writers.datasets_folder import write_datasets
from .writers.doccano import write_doccano
from .writers.exported import Writer
from .writers.label_studio import write_label_studio


@dataclass(frozen=True)
class Layout:
    """How labelled data lie in files.

    Attributes:
        write: None where the layout is only read.
        single, multi: questions that take one label, or several, whatever the data show.
        parent: the parent of a label, where labels have two levels.
    """

    read: Reader
    write: Writer | None = None
    single: frozenset[str] = frozenset()
    multi: frozenset[str] = frozenset()
    parent: Parent | None = None


LAYOUTS: Mapping[str, Layout] = MappingProxyType(
    {
        "label-studio": Layout(read_label_studio, write_label_studio),
        "doccano": Layout(read_doccano, write_doccano),
        "columns": Layout(read_columns, write_columns),
        "datasets": Layout(read_datasets, write_datasets),
        "semeval2020-task11": Layout(read_semeval2020_task11, multi=frozenset({"technique"})),
        "semeval2021-task6": Layout(read_semeval2021_task6, multi=frozenset({"technique"})),
        "semeval2023-task3": Layout(
            read_semeval2023_task3, single=frozenset({"genre"}), multi=frozenset({"frame", "technique"})
        ),
        "semeval2025-task10": Layout(read_semeval2025_task10, multi=frozenset({"narrative"}), parent=narrative_of),
        "unlp2025": Layout(read_unlp2025, multi=frozenset({"technique"})),
    }
)
