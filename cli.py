"""`narrashift …`: thin commands over plain functions. Results on standard output, words on standard error."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from . import __version__
from .model.errors import Interrupted, UserError

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="Label passages about a war by stance, frame and technique; score dumps; find narrative shifts.",
)  # fmt: skip

Data = Annotated[list[Path], typer.Argument(help="Labelled passages: JSONL, CSV, TSV, Parquet (also .gz), or folders.")]
Column = Annotated[
    list[str] | None, typer.Option("--column", help="Where a column has another name: text=body. Repeatable.")
]
Encoding = Annotated[str | None, typer.Option(help="Of JSONL, CSV, TSV and text; UTF-8 by default.")]
Set = Annotated[list[str] | None, typer.Option("--set", help="Any other setting, as TOML: warmup=0.2. Repeatable.")]
Config = Annotated[Path | None, typer.Option(help="Settings from a TOML file; flags override it.")]
PrintConfig = Annotated[bool, typer.Option("--print-config", help="Print the settings as TOML and stop.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is at --out.")]


@app.callback(invoke_without_command=True)
def version(
    show: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    """Print the version, or go on to the command."""
    if show:
        print(__version__)
        raise typer.Exit


@app.command()
def train(
    data: Annotated[
        list[Path] | None, typer.Argument(help="Labelled passages: JSONL, CSV, TSV, Parquet (also .gz), or folders.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the bundle.")] = Path("bundle"),
    validation: Annotated[list[Path] | None, typer.Option(help="Passages for early stopping and thresholds.")] = None,
    test: Annotated[list[Path] | None, typer.Option(help="Passages for the final figures.")] = None,
    codebook: Annotated[Path | None, typer.Option(help="Your codebook (TOML); the package's by default.")] = None,
    config: Config = None,
    backbone: Annotated[str | None, typer.Option(help="minilm-l6 (installed), a local folder or a hub id.")] = None,
    epochs: Annotated[int | None, typer.Option(help="At most this many passes.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Of the encoder's top layer.")] = None,
    batch: Annotated[int | None, typer.Option(help="Passages a step.")] = None,
    class_weights: Annotated[str | None, typer.Option(help="none or auto; single labels with --set.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of shuffling, dropout and the heads.")] = None,
    settings: Set = None,
    column: Column = None,
    encoding: Encoding = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run that Ctrl-C stopped.")] = False,
    overwrite: Overwrite = False,
    track: Annotated[bool, typer.Option("--track/--no-track", help="Log the run in MLflow.")] = True,
    print_config: PrintConfig = False,
) -> None:
    """Fine-tune a backbone on labelled passages; write a bundle and an MLflow run."""
    from .training.settings import TrainSettings

    flags = {
        "backbone": backbone, "epochs": epochs, "learning_rate": learning_rate, "batch": batch,
        "class_weights": class_weights, "seed": seed,
    }  # fmt: skip
    chosen = TrainSettings.read(config, {**_assignments(settings), **{k: v for k, v in flags.items() if v is not None}})
    if print_config:
        print(chosen.to_toml(), end="")
        return
    if not data:
        raise UserError("no data. Name files of labelled passages: narrashift train DATA --out BUNDLE")

    from .model.codebook import read_codebook
    from .rows import check_encoding
    from .terminal import ProgressDisplay, print_report
    from .training.data.corpus import read_corpus
    from .training.tracking.run import NoTracking, Tracking
    from .training.train import train as run

    book = read_codebook(codebook)
    check_encoding("utf-8" if encoding is None else encoding)

    def read(paths: Sequence[Path]) -> Any:
        try:
            return read_corpus(paths, codebook=book, column=_pairs(column), encoding=encoding or "utf-8")
        except UserError as error:
            raise UserError(error.problems, consequence="nothing was trained") from None

    corpora = {
        "corpus": read(data),
        "validation": read(validation) if validation else None,
        "test": read(test) if test else None,
    }
    with ProgressDisplay() as progress:
        trained = run(
            **corpora, out=out, settings=chosen, overwrite=overwrite, resume=resume,
            tracking=Tracking if track else NoTracking, progress=progress,
        )  # fmt: skip
    print_report(trained.report, yardstick=trained.yardstick)
    print(f"bundle: {trained.bundle}\n{trained.champion}", file=sys.stderr)


@app.command()
def evaluate(
    bundle: Annotated[str, typer.Argument(help="A bundle folder, or models:/narrashift@champion.")],
    data: Data,
    as_json: Annotated[bool, typer.Option("--json", help="One flat JSON object on standard output.")] = False,
    split: Annotated[str | None, typer.Option(help="Only passages of this split: train, validation or test.")] = None,
    column: Column = None,
    encoding: Encoding = None,
) -> None:
    """Measure a bundle on labelled passages, every figure with its interval."""
    from .model.bundle import open_bundle
    from .rows import check_encoding
    from .terminal import print_report
    from .training.data.corpus import read_corpus
    from .training.measuring.evaluation import evaluate as run

    opened = open_bundle(_model(bundle))
    check_encoding("utf-8" if encoding is None else encoding)
    corpus = read_corpus(data, codebook=opened.codebook, column=_pairs(column), encoding=encoding or "utf-8")
    if split is not None:
        chosen = [i for i, value in enumerate(corpus.column("split")) if value == split]
        if not chosen:
            raise UserError(f"--split {split}: no passage has this split")
        corpus = corpus.select(chosen)
    report = run(bundle=opened, corpus=corpus)
    if as_json:
        print(report.to_json())
    else:
        print_report(report)


@app.command()
def score(
    inputs: Annotated[
        list[Path] | None, typer.Argument(help="JSONL, CSV, TSV, Parquet, text (also .gz), or folders.")
    ] = None,
    model: Annotated[str, typer.Option(help="A bundle folder, or models:/narrashift@champion.")] = "",
    out: Annotated[Path, typer.Option(help="The score folder; the same command goes on with it.")] = Path("scores"),
    config: Config = None,
    column: Annotated[
        list[str] | None,
        typer.Option("--column", help="Where the article or its id stand: text=body, id=url. Repeatable."),
    ] = None,
    carry: Annotated[
        list[str] | None,
        typer.Option(help="Columns to carry: outlet, or source=outlet to rename. Default: source, date."),
    ] = None,
    as_text: Annotated[
        list[str] | None, typer.Option(help="Carried columns to store as text whatever they hold.")
    ] = None,
    encoding: Encoding = None,
    cut: Annotated[str | None, typer.Option(help="sentences, or none: each row is one passage.")] = None,
    part: Annotated[int | None, typer.Option(help="Passages after which a part is written.")] = None,
    engine: Annotated[str | None, typer.Option(help="torch.")] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu or cuda.")] = None,
    settings: Set = None,
    print_config: PrintConfig = False,
) -> None:
    """Score a dump of articles into a folder of Parquet parts; killed, it goes on."""
    from .serving.settings import ScoreSettings

    named = _pairs(column)
    unknown = set(named) - {"text", "id"}
    if unknown:
        raise UserError(f"--column {sorted(unknown)[0]}=…: score takes text=NAME and id=NAME; see --carry for others")
    carried = _carried(carry) if carry else None
    flags = {
        **named, "carry": carried, "as_text": as_text or None, "encoding": encoding, "cut": cut, "part": part,
        "engine": engine, "device": device,
    }  # fmt: skip
    chosen = ScoreSettings.read(config, {**_assignments(settings), **{k: v for k, v in flags.items() if v is not None}})
    if print_config:
        print(chosen.to_toml(), end="")
        return
    if not inputs or not model:
        raise UserError("name the dump and the model: narrashift score INPUT --model BUNDLE --out DIR")

    from .rows import check_encoding
    from .serving.score import score as run
    from .terminal import ProgressDisplay, print_scored

    check_encoding(chosen.encoding)
    with ProgressDisplay() as progress:
        scored = run(inputs, model=_model(model), out=out, settings=chosen, progress=progress)
    print_scored(scored)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for the demo's bundle and scores.")] = Path("demo"),
) -> None:
    """Train on the starter corpus, score the six seed passages and a dump, and show what came out."""
    from .demo import demo as run
    from .terminal import ProgressDisplay

    run(out=out, display=ProgressDisplay)


@app.command()
def ui(port: Annotated[int, typer.Option(help="Of the local server.")] = 5000) -> None:
    """Open the MLflow UI on the store where runs are tracked."""
    from .training.tracking.store import open_ui

    raise typer.Exit(open_ui(port=port))


def _model(name: str) -> Path:
    """A bundle folder; `models:/…` is fetched from the tracking store."""
    if not name.startswith("models:/"):
        return Path(name)
    from .training.tracking.run import fetch_bundle

    return fetch_bundle(name)


def _pairs(values: Sequence[str] | None) -> dict[str, str]:
    pairs = {}
    for value in values or []:
        name, equals, other = value.partition("=")
        if not (name and equals and other):
            raise UserError(f"--column {value}: NAME=COLUMN is expected, as in text=body")
        pairs[name] = other
    return pairs


def _carried(values: Sequence[str]) -> dict[str, str]:
    """New name -> column, of `column` or `new=column`."""
    carried: dict[str, str] = {}
    for value in values:
        new, equals, old = value.partition("=")
        if not new or (equals and not old):
            raise UserError(f"--carry {value}: COLUMN or NAME=COLUMN is expected, as in source=outlet")
        if new in carried:
            raise UserError(f"--carry {value}: {new!r} is carried already; give this one another name")
        carried[new] = old or new
    return carried


def _assignments(values: Sequence[str] | None) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for value in values or []:
        key, equals, text = value.partition("=")
        if not equals:
            raise UserError(f"--set {value}: KEY=VALUE is expected, as in warmup=0.2")
        try:
            given[key.strip()] = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            given[key.strip()] = text.strip()
    return given


def main() -> None:
    """Run a command. What the user can put right is one line (or a line each) and exit code 2."""
    try:
        app()
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


def _known_failure(error: Exception) -> str | None:
    """One line for what the machine refuses: a full disk, no permission; None for a fault of ours."""
    text = str(error)
    if "No space left on device" in text or "disk is full" in text or "Disk quota exceeded" in text:
        return "the disk is full; nothing half-written was kept. Free some space and start the same command again"
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return None


if __name__ == "__main__":
    main()
