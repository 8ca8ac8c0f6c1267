"""`narrashift …`: thin commands over plain functions. Results on standard output, words on standard error."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from . import __version__
from .commands import data
from .commands.adapt import adapt
from .commands.compare import compare
from .commands.distill import distill
from .commands.evaluate import evaluate
from .commands.export import export
from .commands.label import label
from .commands.promote import promote
from .commands.report import report
from .commands.score import score
from .commands.shift import shift
from .commands.suggest import suggest
from .commands.sweep import sweep
from .commands.train import train
from .commands.watch import watch
from .model.errors import Interrupted, UserError

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="Label passages about a war by stance, frame and technique; score dumps; find narrative shifts.",
)  # fmt: skip


@app.callback(invoke_without_command=True)
def version(
    show: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    """Print the version, or go on to the command."""
    if show:
        print(__version__)
        raise typer.Exit


COMMANDS = (
    label, suggest, adapt, train, evaluate, sweep, compare, promote, distill, export, score, shift, report, watch,
)  # fmt: skip
for command in COMMANDS:
    app.command()(command)
app.add_typer(data.app, name="data")


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for the demo's bundle and scores.")] = Path("demo"),
) -> None:
    """Train on the starter corpus, score the six seed passages and a dump, and show what came out."""
    from .commands.demonstration.run import demo as run
    from .terminal.progress import ProgressDisplay

    run(out=out, display=ProgressDisplay)


@app.command()
def ui(port: Annotated[int, typer.Option(help="Of the local server.")] = 5000) -> None:
    """Open the MLflow UI on the store where runs are tracked."""
    from .training.tracking.store import open_ui

    raise typer.Exit(open_ui(port=port))


def main() -> None:
    """Run a command. What the user can put right is one line (or a line each) and exit code 2."""
    try:
        if os.environ.get("WORLD_SIZE", "1") == "1":
            app()
        else:
            _in_step()
    except UserError as error:
        print("\n".join(error.lines()), file=sys.stderr)
    except Interrupted:
        print("stopped; the last step is saved. The same command with --resume goes on", file=sys.stderr)
        sys.exit(130)
    except SystemExit as stop:
        if stop.code == 130:  # what typer makes of Ctrl-C
            print("stopped. The same command with --resume (train) or as it was (score) goes on", file=sys.stderr)
        raise
    except Exception as error:
        line = _known_failure(error)
        if line is None:
            raise
        print(line, file=sys.stderr)
    sys.exit(2)


def _in_step() -> None:
    """Run the command as one of several processes, where something started this one as such."""
    from .training.processes.follow import in_step
    from .training.processes.team import asked_for

    in_step(app) if asked_for() else app()


def _known_failure(error: Exception) -> str | None:
    """One line for what the machine refuses: a full disk, no permission; None for a fault of ours."""
    text = str(error)
    if any(told in text for told in ("No space left on device", "disk is full", "Disk quota exceeded")):
        return "the disk is full; nothing half-written was kept. Free some space and start the same command again"
    if "File too large" in text:
        return "a file grew beyond what this user may write (see ulimit -f); nothing half-written was kept"
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return None


if __name__ == "__main__":
    main()
