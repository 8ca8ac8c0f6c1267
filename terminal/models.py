"""Tables of what a model learnt and what was made of it: figures, languages, seeds, students, graphs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from .labels import print_findings

if TYPE_CHECKING:
    from ..model.exported import Exported
    from ..model.measured import MeasuredLanguages
    from ..training.distilling.distill import Distilled
    from ..training.ensembles.distil import Distilled as Taught
    from ..training.measuring.evaluation import Report
    from ..training.measuring.examination import Examination
    from ..training.repeats import Repeated

TOLD_BOUNDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
"""Of a cascade, told when a student was made."""


def print_report(report: Report, *, yardstick: Report | None = None) -> None:
    """The figures of tasks and labels as tables on standard output; beside them the yardstick's, if given."""
    console = Console(width=None if sys.stdout.isatty() else 132)
    table = Table(title=f"{report.passages} passages, 95 % intervals from a bootstrap over {report.resampled}")
    table.add_column("figure")
    table.add_column("model", justify="right")
    if yardstick:
        table.add_column("TF-IDF", justify="right")
    for name, figure in report.headline().items():
        table.add_row(name, str(figure), *([str(yardstick.figures[name])] if yardstick else []))
    console.print(table)
    labels = Table()
    labels.add_column("label", no_wrap=True)
    for title in ("F1", "average precision", "calibration error", "Brier"):
        labels.add_column(title, justify="right")
    for name in report.figures:
        if name.startswith("f1/"):
            label = name.removeprefix("f1/")
            others = ("average_precision", "ece", "brier")
            labels.add_row(label, str(report.figures[name]), *(str(report.figures[f"{o}/{label}"]) for o in others))
    console.print(labels)


def print_languages(measured: MeasuredLanguages) -> None:
    """What a bundle was measured in: several languages as a table on standard output, one on standard error."""
    if len(measured.measured) < 2:
        for one in measured.measured:
            print(f"measured in {one.language} ({one.passages:,} passages)", file=sys.stderr)
        return
    names = [name for name in measured.measured[0].figures if name.startswith("macro_f1/")]
    table = Table("language", "passages", "from", *names, title="measured in")
    for one in measured.measured:
        where = "test part" if one.on == "test" else f"data {one.data}"
        table.add_row(one.language, f"{one.passages:,}", where, *(one.cell(name) for name in names))
    Console(width=None if sys.stdout.isatty() else 132).print(table)


def print_examination(found: Examination) -> None:
    """A report, and below it what else was asked, as tables on standard output."""
    print_report(found.report)
    console = Console(width=None if sys.stdout.isatty() else 132)
    if found.abstention:
        table = Table("task", "decided", "wrong among them", title="left undecided where the stated risk was exceeded")
        for name, own in found.abstention.items():
            table.add_row(name, str(own.coverage), str(own.risk))
        console.print(table)
    if found.differences:
        table = Table("figure", "this model less the other", title="paired bootstrap test on the same passages")
        for name in found.report.headline():
            table.add_row(name, str(found.differences[name]))
        console.print(table)
    if found.slices:
        names = [name for name in found.report.headline() if name.startswith("macro_f1/")]
        table = Table("slice", "passages", *names, title="by source, register, length and language")
        for part in found.slices:
            figures = (str(part.figures[name]) if name in part.figures else "–" for name in names)
            table.add_row(f"{part.column}: {part.value}", f"{part.passages:,}", *figures)
        console.print(table)


def print_repeated(repeated: Repeated) -> None:
    """Mean and spread of several trainings on standard output; with folds also the figures over all passages."""
    print_findings([finding for one in repeated.trained.values() for finding in one.findings])
    console = Console(width=None if sys.stdout.isatty() else 132)
    table = Table(title=f"{len(repeated.trained)} trainings: mean ± standard deviation (least … most)")
    for title in ("figure", "model", "TF-IDF"):
        table.add_column(title, justify="left" if title == "figure" else "right")
    for name, spread in repeated.figures.items():
        table.add_row(name, str(spread), str(repeated.yardstick[name]))
    console.print(table)
    if repeated.pooled:
        console.print("Over all passages, each predicted by the model that had not seen it:")
        print_report(repeated.pooled)


def print_taught(found: Taught) -> None:
    """Teachers alone and together, and their pupil, as a table on standard output."""
    teachers, pupil = found.teachers, found.pupil
    print_findings(pupil.findings)
    more = f" and {len(teachers.unlabelled):,} unlabelled passages" if teachers.unlabelled else ""
    table = Table(title=f"{pupil.report.passages} passages; {len(teachers.bundles)} teachers{more}")
    for title in ("figure", "teachers, each", "teachers together", "pupil", "TF-IDF"):
        table.add_column(title, justify="left" if title == "figure" else "right")
    for name, figure in pupil.report.headline().items():
        others = teachers.alone[name], teachers.together.figures[name], figure, pupil.yardstick.figures[name]
        table.add_row(name, *map(str, others))
    Console(width=None if sys.stdout.isatty() else 150).print(table)
    print(f"{pupil.champion}\nteachers: {found.folder or 'not kept'}", file=sys.stderr)


def print_distilled(distilled: Distilled) -> None:
    """How much a student answers at which bound, on its held-out passages, as a table on standard output."""
    about = distilled.description
    table = Table(
        "--cascade", *(task or "any task" for task in about.points), title="passages that the student answers"
    )
    for bound in TOLD_BOUNDS:
        shares = ([p.answered for p in points if p.changed <= bound] for points in about.points.values())
        table.add_row(f"{bound:g}", *(f"{max(share, default=0):.0%}" for share in shares))
    Console(width=None if sys.stdout.isatty() else 132).print(table)
    print(
        f"alone it changes a label of {about.changed_alone:.1%}; trained on {about.trained_on:,} passages, "
        f"calibrated on {about.calibrated_on:,} others"
    )
    print(f"student: {distilled.folder}")


def print_exported(exported: Exported, *, bundle: Path) -> None:
    """What was exported, and how far it decides as the network does."""
    table = Table(title=f"against the network, on {exported.passages:,} held-out passages", title_justify="left")
    for column in ("engine", "task", "changed labels", "macro-F1 moved by"):
        table.add_column(column, justify="left" if column in ("engine", "task") else "right")
    for engine, found in exported.engines.items():
        for task, share in found.changed.items():
            moved = found.moved.get(task)
            table.add_row(engine, task, f"{share:.2%}", "" if moved is None else f"{moved:+.4f}")
    Console().print(table)
    int8 = exported.engines["onnx-int8"]
    print(f"int8: fp32 settles close calls, {int8.settled:.1%} of the passages")
    chosen = "onnx-int8" if int8.faithful else "onnx"
    print(f"`narrashift score --model {bundle}` takes {chosen} on a CPU from now on")
