"""A corpus, or scores that people are to correct, in the layout of a labelling tool."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ....model.codebook import Codebook
from ....model.errors import UserError, suggestion
from ....model.folders import check_free
from ..corpus import Corpus, read_corpus
from .table import LAYOUTS
from .writers.exported import Outgoing, plain
from .writers.scored import codebook_of_scores, is_score_folder, scored_passages


@dataclass(frozen=True)
class Exported:
    """What an export wrote: its files, how many passages, and whether their labels are a model's."""

    files: tuple[Path, ...]
    passages: int
    predicted: bool


def export_labels(
    data: Sequence[Path],
    *,
    layout: str,
    out: Path,
    codebook: Codebook,
    column: Mapping[str, str] | None = None,
    text: str = "text",
    encoding: str = "utf-8",
    overwrite: bool = False,
) -> Exported:
    """Write a corpus, or a score folder's passages with their predicted labels.

    Args:
        codebook: of the corpus; scores bring their own.
        column: as in `read_corpus`.
        text: the scores' column with the text.

    Raises:
        UserError: as `read_corpus`; the layout is only read; `out` exists or has another ending.
    """
    writing = [name for name, known in LAYOUTS.items() if known.write is not None]
    write = LAYOUTS[layout].write if layout in LAYOUTS else None
    if write is None:
        raise UserError(f"--layout {layout}: no layout that is written {suggestion(layout, writing)}")
    check_free(out, overwrite=overwrite)
    if out.is_dir() and layout != "datasets":
        raise UserError(f"{out}: is a folder. Name a file")
    folders = [path for path in data if is_score_folder(path)]
    if folders and len(data) > 1:
        raise UserError(f"{folders[0]}: is a score folder, which is exported by itself. Name it alone")
    if folders:
        codebook = codebook_of_scores(folders[0])
        passages = [plain(one) for one in scored_passages(folders[0], codebook=codebook, text=text)]
    else:
        passages = list(_of_corpus(read_corpus(data, codebook=codebook, column=column, encoding=encoding)))
    try:
        files = write(passages, codebook=codebook, out=out, overwrite=overwrite)
    except OSError as error:
        raise UserError(f"{out}: cannot be written: {error.strerror}") from None
    return Exported(tuple(files), len(passages), bool(folders))


def _of_corpus(corpus: Corpus) -> Iterator[Outgoing]:
    labels = {name: corpus.labels(name) for name in corpus.codebook.tasks}
    for i, text in enumerate(corpus.texts):
        columns = {name: value for name, values in corpus.columns.items() if (value := values[i]) is not None}
        yield Outgoing(text, {name: own[i] for name, own in labels.items()}, columns)
