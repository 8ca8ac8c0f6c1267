"""One MLflow run per training: parameters, metrics, data digests, figures, errors, the registered model."""

from __future__ import annotations

import contextlib
import io
import math
import os
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from ...model.bundle import open_bundle
from ...model.codebook import Codebook
from ...model.errors import Interrupted, UserError
from ..data.corpus import Corpus
from ..data.splits import Split
from ..gate import gate
from ..measuring.errors_table import errors_page
from ..measuring.evaluation import Predictions, Report, measure, predict
from ..provenance import public_name
from ..settings import TrainSettings
from .outbox import Outbox, is_away
from .packaging import package_copy, requirements
from .registry import BUNDLE, MODEL, champion_version, open_store, run_table, set_champion, show_figures, stored_bundle
from .store import quiet_mlflow, tracking_uri

PATIENCE = 60.0
"""Seconds that the end of a run waits for a tracking server that went away."""


class NoTracking:
    """Stands in for `Tracking` where nothing is tracked."""

    run_id: str | None = None

    def __init__(self, *, run_id: str | None = None, name: str = "") -> None:
        pass

    def __enter__(self) -> NoTracking:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def log_start(self, *, split: Split, settings: TrainSettings, more: dict[str, Any] | None = None) -> None:
        pass

    def set_tag(self, name: str, value: str) -> None:
        pass

    def log_summary(self, *, params: dict[str, Any], figures: dict[str, float | None], table: dict[str, list]) -> None:
        pass

    def log_epoch(self, measured: dict[str, float]) -> None:
        pass

    def log_missing(self, history: Sequence[dict[str, float]]) -> None:
        pass

    def log_results(self, *, report: Report, yardstick: Report, errors: list[dict[str, Any]]) -> None:
        pass

    def log_figures(self, figures: Iterable[tuple[str, Any]]) -> None:
        pass

    def register(self, *, bundle: Path, test: Corpus, predicted: Predictions) -> str:
        return "not registered: tracking is off"


class Tracking:
    """A run in MLflow, as a context: FINISHED, or KILLED by Ctrl-C, or FAILED by anything else.

    Args:
        run_id: of a run to go on with; a new one is started without.
        name: of a new run.
        uri: of the store; by default `tracking_uri()`.
        experiment: that the run belongs to.
    """

    def __init__(
        self, *, run_id: str | None = None, name: str = "", uri: str | None = None, experiment: str = MODEL
    ) -> None:
        quiet_mlflow()
        import mlflow

        self.mlflow: Any = mlflow
        self.uri = uri or tracking_uri()
        self.run_id = run_id
        self.name = name
        self.experiment = experiment
        self.outbox = Outbox(self.uri)

    def __enter__(self) -> Tracking:
        open_store(self.uri, experiment=self.experiment)
        self.outermost = self.mlflow.active_run() is None
        if self.run_id is not None:
            try:
                self.mlflow.start_run(run_id=self.run_id, nested=not self.outermost)
            except self.mlflow.exceptions.MlflowException:
                raise UserError(
                    f"{self.uri}: the interrupted run {self.run_id} is not in this store. "
                    "Set MLFLOW_TRACKING_URI as it was, or start again without --resume"
                ) from None
        else:
            source = {"mlflow.source.name": "narrashift"}  # the UI shows it in every row
            started = self.mlflow.start_run(run_name=self.name, nested=not self.outermost, tags=source)
            self.run_id = started.info.run_id
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        stopped = kind is not None and issubclass(kind, Interrupted | KeyboardInterrupt)
        status = "FINISHED" if kind is None else "KILLED" if stopped else "FAILED"
        if self.outbox.waiting and not self.outbox.flush(patience=PATIENCE if kind is None else 0):
            self._leave(status)
            if kind is None:
                raise UserError(_unsent(self.uri))
            return
        try:
            self.mlflow.end_run(status)
            if kind is None and self.outermost and self.uri.startswith(("http://", "https://")):
                print(
                    f"all runs with their figures: {run_table(self.uri, experiment=self.experiment)}", file=sys.stderr
                )
        except Exception as lost:
            self._leave(status)
            if not is_away(lost):
                raise
            if kind is None:
                raise UserError(_unsent(self.uri)) from None

    def _leave(self, status: str) -> None:
        """End the run on this side only: MLflow's own end would wait for the server again."""
        with contextlib.suppress(Exception), _few_retries(0):
            self.mlflow.end_run(status)

    def set_tag(self, name: str, value: str) -> None:
        """Mark the run."""
        self.mlflow.set_tag(name, value)

    def log_start(self, *, split: Split, settings: TrainSettings, more: dict[str, Any] | None = None) -> None:
        """The settings, the split and `more` as parameters, the three parts as dataset inputs with their digests."""
        codebook = split.train.codebook
        show_figures(codebook)
        public = settings.model_copy(update={"backbone": public_name(settings.backbone)})
        self.mlflow.log_params(
            public.model_dump(mode="json")
            | {
                "split": split.how,
                "codebook": f"{codebook.name} {codebook.version}",
                "train_passages": len(split.train),
            }
            | (more or {})
        )
        self.mlflow.log_text(public.to_toml(), "settings.toml")
        self.mlflow.log_text(codebook.to_toml(), "codebook.toml")
        for part, corpus in (("train", split.train), ("validation", split.validation), ("test", split.test)):
            dataset = self.mlflow.data.from_pandas(corpus.to_frame(), name=part, digest=corpus.digest)
            self.mlflow.log_input(dataset, context=part)

    def log_summary(self, *, params: dict[str, Any], figures: dict[str, float | None], table: dict[str, list]) -> None:
        """Of several runs below this one: what they share, mean and spread of their figures, and each one's."""
        self.mlflow.log_params(params)
        self._metrics(figures)
        self.mlflow.log_table(table, "repetitions.json")

    def log_epoch(self, measured: dict[str, float]) -> None:
        """What was measured after an epoch, at that step."""
        values = {k: v for k, v in measured.items() if k != "epoch"}
        self.outbox.send(self._metrics, values, step=int(measured["epoch"]))

    def log_missing(self, history: Sequence[dict[str, float]], *, by: str = "train/loss") -> None:
        """Those epochs of a run that is gone on with which the store did not get; `by` is measured in each."""
        if history and self.run_id is not None:
            there = {point.step for point in self.mlflow.MlflowClient().get_metric_history(self.run_id, by)}
            for measured in history:
                if int(measured["epoch"]) not in there:
                    self.log_epoch(measured)

    def log_results(self, *, report: Report, yardstick: Report, errors: list[dict[str, Any]]) -> None:
        """Final figures as `test/…` and `yardstick/…`, each with `_lo` and `_hi`, and the worst errors.

        MLflow gives them to the run's model too, if it is registered by then.
        """
        for prefix, figures in (("test", report.flat()), ("yardstick", yardstick.flat())):
            values = {f"{prefix}/{name}": value for name, value in figures.items() if value is not None}
            self.outbox.send(self._metrics, values)
        self.outbox.send(self._metrics, {"test/score": report.score, "yardstick/score": yardstick.score})
        self.outbox.send(self.mlflow.set_tag, "mlflow.note.content", described(report, yardstick))
        if errors:
            table = {key: [row[key] for row in errors] for key in errors[0]}
            self.outbox.send(self.mlflow.log_table, table, "worst_errors.json")
            self.outbox.send(self.mlflow.log_text, errors_page(errors), "worst_errors.html")

    def log_figures(self, figures: Iterable[tuple[str, Any]]) -> None:
        """Figures under `figures/`."""
        for name, figure in figures:
            self.outbox.send(self.mlflow.log_figure, figure, f"figures/{name}")

    def register(self, *, bundle: Path, test: Corpus, predicted: Predictions) -> str:
        """Log the bundle as a pyfunc, register it, and make it champion where it beats the present one.

        Args:
            predicted: what it says of the test passages.

        Returns:
            One line that says which version it is, who is champion and why.
        """
        if not self.outbox.flush(patience=PATIENCE):
            raise UserError(_unsent(self.uri))
        with package_copy() as package, _quietly():
            info = self.mlflow.pyfunc.log_model(
                name="model",
                python_model=str(Path(__file__).with_name("pyfunc_model.py")),
                artifacts={"bundle": str(bundle), "package": str(package)},
                pip_requirements=requirements(),
                signature=_signature(self.mlflow, test.codebook),
                registered_model_name=MODEL,
            )
        version = str(info.registered_model_version)
        measured = measure(predicted, corpus=test)
        figures = [f"{name} {figure}" for name, figure in measured.headline().items() if "f1/" in name]
        said = f"F1 {measured.score:.3f}, {bundle.name}: {', '.join(figures)}"  # the UI shows some 25 characters
        client = self.mlflow.MlflowClient()
        client.update_model_version(MODEL, version, description=said)
        digest = open_bundle(bundle).digest
        client.set_model_version_tag(MODEL, version, BUNDLE, digest)  # what scores say of their model
        self.mlflow.set_tag(BUNDLE, digest)
        wins, why = self._beats_champion(predicted, test=test)
        if wins:
            set_champion(version)
            self.mlflow.set_tag("champion", "yes")
        return f"{MODEL} version {version}, {'the champion' if wins else 'not the champion'}: {why}"

    def _beats_champion(self, predicted: Predictions, *, test: Corpus) -> tuple[bool, str]:
        """Whether it is better than the present champion on these test passages, and passes the gate."""
        present = champion_version()
        if present is None:
            return True, "there was none before"
        try:
            opened = open_bundle(stored_bundle(self.mlflow, f"models:/{MODEL}/{present}"))
            if opened.codebook.digest != test.codebook.digest:
                return False, f"version {present} has another codebook; compare them yourself"
            verdict = gate(predicted, predict(opened, test), corpus=test)
        except (UserError, OSError, self.mlflow.exceptions.MlflowException):
            return True, f"version {present} cannot be opened any more"
        if not verdict.open:
            return False, f"compared with version {present} on the same passages, {verdict.reasons[0]}"
        said = f"mean macro-F1 {verdict.overall} against version {present}, on the same passages"
        return verdict.overall.value > 0, said

    def _metrics(self, values: dict[str, float | None], *, step: int | None = None) -> None:
        self.mlflow.log_metrics(
            {name: value for name, value in values.items() if value is not None and math.isfinite(value)},
            step=step,
        )


def described(report: Report, yardstick: Report) -> str:
    """The figures of whole tasks as Markdown: what a run's page shows first."""
    gap = "&emsp;"  # the UI sets cells side by side without one
    rows = [
        f"| {name} | {gap}{figure} | {gap}{yardstick.figures.get(name, '–')} |"
        for name, figure in report.headline().items()
    ]
    said = f"Mean macro-F1 {report.score:.3f} (TF-IDF {yardstick.score:.3f}) on {report.passages:,} test passages"
    head = [f"{said}, 95 % intervals", "", "| figure | model | TF-IDF |", "|---|---|---|"]
    return "\n".join([*head, *rows])


def _unsent(uri: str) -> str:
    return (
        f"{uri} did not come back within {PATIENCE:.0f} s; the bundle is written, and its checkpoints are kept. "
        "When the server runs again, the same command with --resume sends the rest"
    )


@contextlib.contextmanager
def _few_retries(count: int) -> Iterator[None]:
    """MLflow tries so many times more to reach a server, instead of for minutes."""
    name = "MLFLOW_HTTP_REQUEST_MAX_RETRIES"
    before = os.environ.get(name)
    os.environ[name] = str(count)
    try:
        yield
    finally:
        os.environ.pop(name) if before is None else os.environ.__setitem__(name, before)


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Without what MLflow prints and warns of while it logs a model; errors are raised as ever."""
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def _signature(mlflow: Any, codebook: Codebook) -> Any:
    from mlflow.types import ColSpec, Schema

    columns: list[Any] = [
        ColSpec("double", f"{name}.{label}")
        for name, task in codebook.tasks.items()
        for label in (*task.leaves, *task.parents)
    ]
    columns += [ColSpec("string", name) for name in codebook.tasks]
    return mlflow.models.ModelSignature(inputs=Schema([ColSpec("string")]), outputs=Schema(columns))
