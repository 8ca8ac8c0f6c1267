"""Track a scoring or shift run that has ended: one MLflow run, linked to those that it comes from."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from ...model.record import Record
from .columns import TAG, view_of
from .lineage import Lineage, find_run, trace_model, trace_scores
from .registry import EXPERIMENTS, open_store
from .store import quiet_mlflow, tracking_uri

NOTE = "mlflow.note.content"
AT_ONCE = 100
"""Params and tags that MLflow takes in a call; of metrics it takes ten times as many."""


PATIENCE = "30"
"""Seconds that a server may take to answer a request, of each of its tries: the work is done, and somebody waits."""


def look_up(
    *, bundle: str, scores: Sequence[tuple[str | None, str | None]] = (), registered: str | None = None
) -> Lineage:
    """What the store knows of a bundle and of score folders.

    Args:
        bundle: its digest.
        scores: fingerprint and run id of each folder, as far as they are known.
        registered: `models:/narrashift/3`, where the model was fetched as such.

    Raises:
        UserError: the store cannot be used.
    """
    client = _client()
    runs = tuple(trace_scores(client, fingerprint=fingerprint, run_id=run_id) for fingerprint, run_id in scores)
    return replace(trace_model(client, bundle=bundle, registered=registered), score_runs=runs)


def is_tracked(run_id: str) -> bool:
    """Whether the store has this run, finished."""
    return find_run(_client(), run_id) is not None


def track(record: Record, *, lineage: Lineage) -> str:
    """Log a run that has ended, and tag the runs that it comes from with it; its id.

    Either the whole run is there afterwards, or none.

    Raises:
        UserError: the store cannot be used. What MLflow raises beyond that is passed on.
    """
    client = _client()
    uri = tracking_uri()
    experiment = open_store(uri, experiment=EXPERIMENTS[record.kind])
    started = {"mlflow.source.name": f"narrashift {record.kind}"}
    begun = int((time.time() - record.seconds) * 1000)  # the UI's duration is then the work's, not that of logging it
    run = client.create_run(experiment, start_time=begun, run_name=record.name, tags=started)
    run_id = run.info.run_id
    try:
        _log(client, run_id, record, lineage=lineage, experiment=experiment)
        client.set_terminated(run_id)
    except BaseException:
        with contextlib.suppress(Exception):
            client.delete_run(run_id)
        raise
    for parent in _score_runs(lineage) if record.kind == "shift" else [lineage.training_run]:
        if parent is not None:
            with contextlib.suppress(Exception):  # a training run may have been deleted; this one knows it all the same
                client.set_tag(parent, f"{record.kind}_run.{run_id}", record.name)
    _show_columns(client, experiment, record)
    return run_id


def _client() -> Any:
    quiet_mlflow()
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", PATIENCE)
    import mlflow

    open_store(tracking_uri())
    return mlflow.MlflowClient()


def _log(client: Any, run_id: str, record: Record, *, lineage: Lineage, experiment: str) -> None:
    from mlflow.entities import Dataset, DatasetInput, InputTag, LoggedModelInput, Metric, Param, RunTag

    now = int(time.time() * 1000)
    tags = {**record.tags, "bundle": record.bundle, NOTE: _note(client, record, lineage=lineage)}
    tags |= {f"score_run.{other}": name for other, name in _score_runs(lineage).items()}
    tags |= {"model_version": lineage.version or "", "training_run": lineage.training_run or ""}
    params = dict(record.params) | {"model_version": lineage.version or "not registered"}
    for some in _portions(list(params.items())):
        client.log_batch(run_id, params=[Param(name, str(value)) for name, value in some])
    for some in _portions([(name, value) for name, value in tags.items() if value]):
        client.log_batch(run_id, tags=[RunTag(name, value) for name, value in some])
    for some in _portions(list(record.metrics.items())):
        client.log_batch(run_id, metrics=[Metric(name, float(value), now, 0) for name, value in some])
    datasets = []
    for one in record.inputs:
        made = Dataset(one.name, one.digest, source_type="local", source=json.dumps({"uri": one.name}))
        datasets.append(DatasetInput(made, [InputTag("mlflow.data.context", one.context)]))
    models = [LoggedModelInput(lineage.model_id)] if lineage.model_id else []
    client.log_inputs(run_id, datasets=datasets, models=models)
    for name, table in record.tables.items():
        client.log_table(run_id, dict(table), name)
    for file in record.files:
        client.log_artifact(run_id, str(file))


def _score_runs(lineage: Lineage) -> dict[str, str]:
    return dict(found for found in lineage.score_runs if found is not None)


def _portions(items: list) -> Iterator[list]:
    return (items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE))


def _note(client: Any, record: Record, *, lineage: Lineage) -> str:
    """What the run's page shows first: links to where it comes from, and the record's words."""
    links = []
    if lineage.version:
        links.append(f"model [{lineage.version}](#/models/{lineage.version.replace('/', '/versions/')})")
    if lineage.training_run and (found := find_run(client, lineage.training_run)) is not None:
        links.append(f"trained in {_link(found.info.experiment_id, lineage.training_run, found.info.run_name)}")
    if runs := _score_runs(lineage):
        scored = client.get_experiment_by_name(EXPERIMENTS["score"]).experiment_id
        told = [_link(scored, run_id, name) for run_id, name in runs.items()]
        links.append(f"scored in {', '.join(told[:20])}")
    return (f"From {'; '.join(links)}.\n\n" if links else "") + record.note


def _link(experiment: str, run_id: str, name: str) -> str:
    safe = "".join(c for c in name if c not in "[]()`<>\n")
    return f"[{safe}](#/experiments/{experiment}/runs/{run_id})"


def _show_columns(client: Any, experiment: str, record: Record) -> None:
    """Give the table of such runs a view with the columns that matter, where it has none yet."""
    metrics, params = record.headline
    with contextlib.suppress(Exception):  # another process writes the same at this moment
        present = client.get_experiment(experiment).tags.get(TAG)
        wanted = view_of(metrics=metrics, params=("model_version", *params), present=present, in_order=True)
        if wanted != present:
            client.set_experiment_tag(experiment, TAG, wanted)
