"""The demo: the main job end to end on what the package ships."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...model.codebook import Codebook, read_codebook
from ...model.errors import UserError
from ...seeds import seed_file
from ...serving.score import score
from ...serving.settings import ScoreSettings
from ...terminal.models import print_report
from ...terminal.progress import ProgressDisplay
from ...terminal.scores import print_scored, print_shifts
from ...training.data.corpus import Corpus, read_corpus
from ...training.settings import TrainSettings
from ...training.tracking.run import Tracking
from ...training.train import train
from ..tracked import track_scores
from .shift import SCORES, SHIFT, TIMELINE, demo_shift, page_of, print_evidence

QUICK = TrainSettings(epochs=1, learning_rate=4e-4, mirror="none")
"""Settings for about four minutes on two cores: one pass over the starter corpus at a high rate, without a mirror."""


ARTICLES = 300
"""Articles in the demo's dump, at most."""
LEFT = ("bundle", "bundle.training", "dump.jsonl", "scores", TIMELINE, SCORES, SHIFT)
MARKER = ".narrashift-demo"
"""Says that what lies in the folder may be replaced by the next demo."""


def demo(*, out: Path, display: Callable[[], ProgressDisplay]) -> None:
    """Train on the starter corpus, track and register, score seeds and dumps, find a shift, print tables.

    Leaves `<out>/bundle`, `<out>/dump.jsonl`, `<out>/scores`, and of a simulated timeline `<out>/timeline.jsonl`,
    `<out>/timeline_scores` and `<out>/shift`; replaces those of an earlier demo.

    Raises:
        UserError: the folder holds such names that are no demo's.
    """
    marker = out / MARKER
    if not marker.exists() and any((out / name).exists() for name in LEFT):
        raise UserError(f"{out}: holds a bundle, a dump, scores or shifts that no demo wrote. Choose another --out")
    codebook = read_codebook()
    out.mkdir(parents=True, exist_ok=True)
    marker.touch()
    with seed_file("corpus.jsonl") as path:
        corpus = read_corpus([path], codebook=codebook)
    with display() as progress:
        trained = train(
            corpus=corpus,
            out=out / "bundle",
            settings=QUICK,
            overwrite=True,
            tracking=Tracking,
            progress=progress,
        )
        dump = write_dump(corpus, out / "dump.jsonl")
        shutil.rmtree(out / "scores", ignore_errors=True)
        with seed_file("passages.jsonl") as passages:
            scored = score(
                [passages, dump],
                model=out / "bundle",
                out=out / "scores",
                settings=ScoreSettings(),
                progress=progress,
            )
            labelled = read_corpus([passages], codebook=codebook)
        track_scores(scored.folder, settings=ScoreSettings(), model=str(out / "bundle"))
        found = demo_shift(corpus, out=out, progress=progress)
    print("\nHow good the model is on passages it never saw\n")
    print_report(trained.report, yardstick=trained.yardstick)
    print("\nThe six seed passages (never trained on), as scored\n")
    print_seeds(out / "scores", labelled=labelled)
    print()
    print_scored(scored)
    print(f"model: {trained.champion}")
    print("\nA simulated timeline of three invented sources, of held-out passages: who changed its story, and when\n")
    print_shifts(found, out=out / SHIFT)
    print()
    print_evidence(found)
    print(f"\nOpen the page in a browser:  {page_of(out)}")
    print(f"Look at the runs in the MLflow UI:  {_command()} ui")


def write_dump(corpus: Corpus, path: Path) -> Path:
    """Held-out passages as a dump of articles: those of one group, told by one register, make an article.

    A few hundred are enough to show what scoring leaves, and quick.
    """
    held_out = corpus.select([i for i, split in enumerate(corpus.column("split")) if split == "test"])
    articles: dict[tuple[str | int, str | None], list[str]] = {}
    for i, (group, register) in enumerate(zip(held_out.column("group"), held_out.column("register"), strict=True)):
        articles.setdefault((i if group is None else group, register), []).append(held_out.texts[i])
    with path.open("w", encoding="utf-8") as file:
        for number, ((_, register), texts) in enumerate(list(articles.items())[:ARTICLES], start=1):
            row = {"id": f"article-{number}", "source": register, "text": "\n\n".join(texts)}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path


def print_seeds(scores: Path, *, labelled: Corpus, console: Console | None = None) -> None:
    """The scored seeds as a table: decided labels with their probabilities, beside the labels they should have."""
    import pyarrow.parquet as pq

    rows = {row["id"]: row for row in pq.read_table(scores / "parts").to_pylist() if row["passage"] == 0}
    table = Table(show_lines=True)
    table.add_column("seed passage", ratio=4)
    for name in labelled.codebook.tasks:
        table.add_column(name, ratio=3)
    for i, identity in enumerate(labelled.column("id")):
        row = rows[identity]
        cells = [_cell(row, name, labelled=labelled, index=i) for name in labelled.codebook.tasks]
        table.add_row(Text(labelled.texts[i]), *cells)
    table.caption = (
        "label probability; [green]✓[/] labelled so by a person, [red]✗[/] not; [yellow]missed[/] labels below"
    )
    (console or Console(width=None if sys.stdout.isatty() else 150)).print(table)


def _cell(row: dict[str, Any], name: str, *, labelled: Corpus, index: int) -> str:
    codebook: Codebook = labelled.codebook
    task = codebook.tasks[name]
    decided = [row[name]] if task.kind == "single" else [label for label in row[name] if label in task.leaves]
    target = labelled.targets[name][index]
    true = (
        [task.leaves[target]] if task.kind == "single" else [n for n, on in zip(task.leaves, target, strict=True) if on]
    )
    lines = [
        f"{'[green]✓[/]' if label in true else '[red]✗[/]'} {label} {row[f'{name}.{label}']:.2f}" for label in decided
    ]
    lines += [f"[yellow]missed[/] {label} {row[f'{name}.{label}']:.2f}" for label in true if label not in decided]
    return "\n".join(lines) or "(none)"


def _command() -> str:
    """How this very command is called from here."""
    program = Path(sys.argv[0])
    if program.name.endswith(".py"):
        return "python -m narrashift"
    try:
        return str(program.resolve().relative_to(Path.cwd()))
    except ValueError:
        return program.name
