"""What a person sees of long work: a bar on a terminal, a line now and then in a log; always on standard error."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

if TYPE_CHECKING:
    from .model.exported import Exported
    from .model.measured import MeasuredLanguages
    from .serving.score import Scored
    from .serving.shifts.emerging.find import Emerging
    from .serving.shifts.find import Found
    from .serving.shifts.watching.watch import Looked
    from .training.data.agreement.report import Agreement
    from .training.data.checking.check import Checked
    from .training.data.checking.finding import Finding
    from .training.data.checking.finding import Table as Counted
    from .training.distilling.distill import Distilled
    from .training.ensembles.distil import Distilled as Taught
    from .training.labelling.label import Labelled
    from .training.measuring.evaluation import Report
    from .training.measuring.examination import Examination
    from .training.repeats import Repeated

LINE_SECONDS = 5.0


class ProgressDisplay:
    """A `Progress` listener, as a context."""

    def __init__(self) -> None:
        self.console = Console(stderr=True)
        self.bar: Progress | None = None
        self.task: TaskID | None = None
        self.what = ""
        self.began = self.last_line = time.monotonic()
        self.first_done = 0.0
        self.said_done = False

    def __enter__(self) -> ProgressDisplay:
        if sys.stderr.isatty() and not self.console.is_dumb_terminal:
            self.bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.percentage:>3.0f} %"),
                TimeElapsedColumn(),
                TextColumn("left"),
                TimeRemainingColumn(),
                console=self.console,
                transient=True,
            )
            self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bar:
            self.bar.stop()

    def __call__(self, what: str, done: float, total: float) -> None:
        stage = what.split(" ")[0]
        is_new = stage != self.what.split(" ")[0]
        now = time.monotonic()
        if is_new:
            self.began, self.first_done, self.said_done = now, done, False
        if self.bar:
            if is_new and self.task is not None:
                self.bar.remove_task(self.task)
                self.task = None
            if self.task is None:
                self.task = self.bar.add_task(what, total=total or None)
            self.bar.update(self.task, description=what, completed=done, total=total or None)
        elif is_new or now - self.last_line >= LINE_SECONDS or (total and done >= total and not self.said_done):
            print(self._line(what, done, total, now), file=sys.stderr, flush=True)
            self.last_line = now
            self.said_done = bool(total) and done >= total
        self.what = what

    def _line(self, what: str, done: float, total: float, now: float) -> str:
        if not total:
            return f"{what} …" + (f" {done:,.0f} done" if done else "")
        rate = (done - self.first_done) / max(now - self.began, 1e-9)
        left = f", {max(total - done, 0) / rate:.0f} s left" if rate > 0 and done < total else ""
        return f"{what}: {done:,.0f} of {total:,.0f} ({done / total:.0%}){left}"


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


def print_checked(checked: Checked) -> None:
    """All that the checks found, the worst last, where a reader's eye is; on standard output."""
    console = Console(width=None if sys.stdout.isatty() else 132, highlight=False)
    for table in checked.tables:
        _print_counted(console, table)
    for _, one in reversed(checked.findings):
        console.print(f"{one.severity}: {one.text}", markup=False, soft_wrap=True)
        for spot in one.spots[:3] if one.severity != "note" else ():
            told = f" [{spot.said}]" if spot.said else ""
            console.print(f"    {spot.place}  {spot.text[:80]}{told}", markup=False, soft_wrap=True)
        if one.way_out:
            console.print(f"    → {one.way_out}", markup=False, soft_wrap=True)


def print_agreement(found: Agreement) -> None:
    """How far annotators agree, as tables on standard output; how much is in dispute on standard error."""
    console = Console(width=None if sys.stdout.isatty() else 132, highlight=False)
    for table in found.tables:
        _print_counted(console, table)
    print(
        f"{len(found.annotators)} annotators, {found.passages:,} passages, {found.shared:,} labelled by several; "
        f"{len(found.disputes):,} labels in dispute",
        file=sys.stderr,
    )


def print_counts(table: Counted) -> None:
    """A table of counts on standard output."""
    _print_counted(Console(width=None if sys.stdout.isatty() else 132, highlight=False), table)


def _print_counted(console: Console, table: Counted) -> None:
    shown = Table(title=table.title)
    for i, name in enumerate(table.columns):
        numbers = any(isinstance(row[i], int | float) for row in table.rows)
        shown.add_column(name, justify="right" if numbers else "left")
    for row in table.shown():
        shown.add_row(*map(escape, row))
    console.print(shown)
    if table.said:
        console.print(table.said, markup=False, style="dim")


def print_findings(findings: Sequence[Finding]) -> None:
    """What the audit of a split found, on standard error."""
    for finding in findings:
        print(f"{'leak' if finding.dishonest else 'note'}: {finding.text}", file=sys.stderr)


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


MOST_SHIFTS = 40
TOLD_BOUNDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)


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


def print_scored(scored: Scored) -> None:
    """What a scoring run did, in a few lines on standard output."""
    counts = scored.counts
    print(
        f"{counts.rows:,} rows: {counts.articles:,} scored as {counts.passages:,} passages, {counts.refused:,} refused"
    )
    if scored.by_student is not None:
        share = scored.by_student / max(counts.passages, 1)
        print(f"{scored.by_student:,} passages ({share:.1%}) answered by the student, the others by the network")
    if counts.refused:
        print(f"refused rows with their reasons: {scored.folder / 'errors.parquet'}")
    if scored.passages_now:
        print(
            f"{scored.passages_now:,} passages in {scored.seconds:.0f} s, {scored.passages_per_s:.0f} a second "
            f"({scored.engine}; {scored.reused:,} repeated an earlier one); peak memory {peak_memory_mb():,.0f} MB"
        )
    print(f"scores: {scored.folder / 'parts'} ({scored.parts} part{'s' if scored.parts != 1 else ''})")
    if scored.languages and (warning := scored.languages.warning()):
        print(f"warning: {warning}", file=sys.stderr)


def print_shifts(found: Found, *, out: Path) -> None:
    """What was found, the surest first, on standard output; notes on standard error."""
    for note in found.notes:
        print(f"note: {note}", file=sys.stderr)
    console = Console(width=None if sys.stdout.isatty() else 132)
    table = Table(title=f"{len(found.shifts)} shifts")
    for title in ("source", "since (95 % interval)", "what", "before", "after", "change (95 % interval)", "q"):
        table.add_column(title, justify="right" if title in ("before", "after", "q") else "left")
    for shift, _ in found.shifts[:MOST_SHIFTS]:
        change = shift.change
        what = f"{shift.task} {shift.label}" + ("" if shift.kind == "narrative" else f" ({shift.kind})")
        table.add_row(
            shift.by, f"{shift.date} ({shift.earliest} … {shift.latest})", what,
            f"{shift.share_before.value:.0%}", f"{shift.share_after.value:.0%}",
            f"{change.value:+.0%} ({change.low:+.0%} … {change.high:+.0%})", f"{shift.q_value:.3f}",
        )  # fmt: skip
    console.print(table)
    if len(found.shifts) > MOST_SHIFTS:
        print(f"and {len(found.shifts) - MOST_SHIFTS} more")
    lacking = sum(one.searched.verdict == "insufficient data" for one in found.series)
    sources = len({one.by for one in found.series})
    print(f"{len(found.series):,} series of {sources:,} sources; in {lacking:,} of them a shift of", end=" ")
    print(f"{found.settings.smallest:.0%} could have gone unseen (shifts.json says what it would take)")
    for step in found.volume:
        print(f"volume: {step.by} since {step.date}: {step.before:.0f} → {step.after:.0f} articles a period")
    if found.relations:
        from .serving.shifts.relations.summary import summary

        for line in summary(found.relations, false_discoveries=found.settings.false_discoveries):
            print(line)
    print(f"shifts: {out}; the page: {out / 'report.html'}")


def print_voters(done: Labelled) -> None:
    """What every voter contributed, and how many passages got a label, as tables on standard output."""
    from .training.labelling.report import voters

    console = Console(width=None if sys.stdout.isatty() else 150)
    table = Table(title="voters")
    for title in ("question", "voter", "for", "speaks", "in conflict", "believed", "right", "weight", "errs with"):
        table.add_column(title, justify="left" if title in ("question", "voter", "for", "errs with") else "right")
    for weighed in done.weighed:
        for one in voters(weighed):
            conflict = "" if one.conflict is None else f"{one.conflict:.1%}"
            table.add_row(
                one.question, one.name, one.meant or "(any)", f"{one.coverage:.1%}", conflict, f"{one.believed:.2f}",
                f"{one.worth:.2f}", f"{one.weight:.2f}", one.alike or "",
            )  # fmt: skip
    console.print(table)
    counts = Table("task", "decided", "with probabilities", title=f"{done.passages:,} passages")
    for name, decided in done.decided.items():
        counts.add_row(name, f"{decided:,}", f"{done.soft[name]:,}")
    console.print(counts)


def print_looked(looked: Looked) -> None:
    """What a look of a watch did, in a line on standard error: standard output is for the reports."""
    said = f"{looked.parts:,} new parts, {looked.articles:,} new articles"
    if looked.skipped:
        said += f" ({looked.skipped:,} without a date or a source left out)"
    if looked.until is None:
        said += "; no period is complete yet"
    else:
        said += f"; {looked.sources:,} sources up to {looked.until}, {looked.reports:,} new shifts"
        if looked.learning:
            said += f"; of {looked.series:,} series {looked.learning:,} still learn their level, or show nothing at all"
    for channel, number in looked.waiting.items():
        said += f"; {number:,} reports wait for {'the webhook' if channel == 'webhook' else 'standard output'}"
    print(said, file=sys.stderr, flush=True)


def print_stories(found: Emerging) -> None:
    """Stories without a label, the surest first, on standard output."""
    print(
        f"{found.grown} emerging among {found.clusters:,} clusters of {found.looked_at:,} passages without a "
        f"{found.task} ({found.unexplained:,} in all): hints for a reader"
    )
    for story in found.stories[:MOST_SHIFTS]:
        growth = story.growth
        words = ", ".join(word.word for word in story.words[:6])
        until = "" if story.lasts else f" until {story.ends}"
        print(
            f"  {story.kind}, {story.begins}{until}: {words} ({growth.within:.0f} articles, "
            f"{growth.times:.0f} times as often as before, q {growth.q_value:.3f}; {story.sources[0].source} first)"
        )


def peak_memory_mb() -> float:
    """Largest resident memory of this process so far, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux counts in `getrusage` also what the parent had before this program was loaded
        peak = next((line for line in status.read_text("ascii").splitlines() if line.startswith("VmHWM:")), None)
        if peak:
            return int(peak.split()[1]) / 2**10
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)
