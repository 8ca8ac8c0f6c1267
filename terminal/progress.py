"""What a person sees of long work: a bar on a terminal, a line now and then in a log; always on standard error."""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

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


def peak_memory_mb() -> float:
    """Largest resident memory of this process so far, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux counts in `getrusage` also what the parent had before this program was loaded
        peak = next((line for line in status.read_text("ascii").splitlines() if line.startswith("VmHWM:")), None)
        if peak:
            return int(peak.split()[1]) / 2**10
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)
