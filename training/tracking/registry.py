"""The store and its registered model: opened, looked up, fetched, and who is the champion."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ...model.codebook import Codebook
from ...model.errors import UserError, first_line
from .columns import KEY, TAG, view_with
from .store import ARTIFACTS, database_file, quiet_mlflow, tracking_uri

MODEL = "narrashift"
ALIAS = "champion"
EXPERIMENTS = {"score": f"{MODEL}/score", "shift": f"{MODEL}/shift", "adapt": f"{MODEL}/adapt"}
"""Of runs that are no trainings: they have other figures, and a table of their own."""
BUNDLE = "bundle"
"""Tag with the digest of the bundle that a run, or a version, is of."""


def open_store(uri: str, *, experiment: str = MODEL) -> str:
    """Point MLflow at a store and an experiment, whose id is returned; a fresh SQLite one is migrated once, behind a
    lock.

    Raises:
        UserError: the store cannot be reached or opened.
    """
    import mlflow
    from filelock import FileLock

    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    file = database_file(uri)
    lock = FileLock(f"{file}.lock") if file is not None else contextlib.nullcontext()
    try:
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
        with lock:
            if mlflow.get_experiment_by_name(experiment) is None:
                place = (file.parent / ARTIFACTS).resolve().as_uri() if file is not None else None
                kind = {"mlflow.experimentKind": "custom_model_development"}  # opens on runs, not on traces
                mlflow.create_experiment(experiment, artifact_location=place, tags=kind)
            return str(mlflow.set_experiment(experiment).experiment_id)
    except Exception as error:  # SQLAlchemy, requests and MLflow each raise their own
        raise UserError(f"{uri}: this tracking store cannot be used: {first_line(error)}") from None


def show_figures(codebook: Codebook) -> None:
    """Give the run table a view with this codebook's figures, where it has none yet."""
    import mlflow

    client: Any = mlflow.MlflowClient()
    with contextlib.suppress(mlflow.exceptions.MlflowException):  # another process writes the same at this moment
        experiment = client.get_experiment_by_name(MODEL)
        present = experiment.tags.get(TAG)
        if (wanted := view_with(codebook, present=present)) != present:
            client.set_experiment_tag(experiment.experiment_id, TAG, wanted)


def run_table(address: str, *, experiment: str = MODEL) -> str | None:
    """The page of a UI at this address that lists an experiment's runs, with their figures if there are any.

    None where the open store has no such experiment.
    """
    import mlflow

    found: Any = mlflow.get_experiment_by_name(experiment)
    if found is None:
        return None
    page = f"{address.rstrip('/')}/#/experiments/{found.experiment_id}/runs"
    return f"{page}?viewStateShareKey={KEY}" if TAG in found.tags else page


def champion_version() -> str | None:
    """Version of the registered model that is the champion; None where there is none."""
    import mlflow

    try:
        return str(mlflow.MlflowClient().get_model_version_by_alias(MODEL, ALIAS).version)
    except mlflow.exceptions.MlflowException:
        return None


def set_champion(version: str) -> None:
    """Give the alias `champion` to a version of the registered model."""
    import mlflow

    mlflow.MlflowClient().set_registered_model_alias(MODEL, ALIAS, version)


def pinned(model_uri: str) -> str:
    """`models:/narrashift@champion` by the version that it is at this moment: `models:/narrashift/3`.

    Raises:
        UserError: no such model, version or alias in the store.
    """
    mlflow = _open_existing(model_uri)
    try:
        name, version = _name_and_version(mlflow, model_uri)
    except mlflow.exceptions.MlflowException as error:
        raise UserError(f"{model_uri}: not in the store {tracking_uri()} ({first_line(error)})") from None
    return f"models:/{name}/{version}"


def version_of(model_uri: str) -> str:
    """The version that `models:/narrashift/3` or `models:/narrashift@alias` names.

    Raises:
        UserError: another model, or no such version.
    """
    quiet_mlflow()
    import mlflow

    open_store(tracking_uri())
    try:
        name, version = _name_and_version(mlflow, model_uri)
        if name == MODEL and version:
            return str(mlflow.MlflowClient().get_model_version(name, version).version)
    except mlflow.exceptions.MlflowException as error:
        raise UserError(f"{model_uri}: not in the store ({first_line(error)})") from None
    raise UserError(f"{model_uri}: models:/{MODEL}/VERSION is expected")


def fetch_bundle(model_uri: str) -> Path:
    """The bundle folder of a registered model such as `models:/narrashift@champion`.

    Raises:
        UserError: no such model, version or alias in the store.
    """
    mlflow = _open_existing(model_uri)
    try:
        return stored_bundle(mlflow, model_uri)
    except (OSError, mlflow.exceptions.MlflowException) as error:
        raise UserError(f"{model_uri}: not in the store {tracking_uri()} ({first_line(error)})") from None


def _open_existing(model_uri: str) -> Any:
    """MLflow on the store; a SQLite one that is not there is not made for the sake of looking."""
    quiet_mlflow()
    import mlflow

    uri = tracking_uri()
    file = database_file(uri)
    if file is not None and not file.exists():
        raise UserError(f"{model_uri}: there is no tracking store at {file}. Set MLFLOW_TRACKING_URI or train first")
    open_store(uri)
    return mlflow


def bundle_of_run(name: str) -> tuple[Path, str]:
    """The bundle that a tracked run left, by the run's id, the beginning of it, or its name; and its id.

    Raises:
        UserError: no such run, several, or one without a model.
    """
    quiet_mlflow()
    import mlflow

    open_store(tracking_uri())
    runs = mlflow.search_runs(search_all_experiments=True, output_format="list", max_results=10_000)
    found = [run for run in runs if run.info.run_id == name or run.info.run_name == name]
    found = found or [run for run in runs if len(name) >= 6 and run.info.run_id.startswith(name)]
    if len(found) != 1:
        several = (
            f"{len(found)} runs have this name; use the id" if found else "no bundle, and no run of this id or name"
        )
        raise UserError(f"{name}: {several} (store {tracking_uri()})")
    [run] = found
    versions = mlflow.MlflowClient().search_model_versions(f"run_id = '{run.info.run_id}'")
    if not versions:
        raise UserError(f"{name}: this run registered no model. Name the folder of its bundle instead")
    return stored_bundle(mlflow, f"models:/{MODEL}/{versions[0].version}"), run.info.run_id


def attach(run_ids: Iterable[str], files: Iterable[Path]) -> None:
    """Log files as artifacts of the newest of these runs."""
    import mlflow

    client = mlflow.MlflowClient()
    newest = max((client.get_run(run_id) for run_id in run_ids), key=lambda run: run.info.start_time)
    for file in files:
        client.log_artifact(newest.info.run_id, str(file), "comparisons")


def stored_bundle(mlflow: Any, model_uri: str) -> Path:
    """The bundle inside a logged model. A local store is read in place, a remote one is downloaded."""
    source = mlflow.MlflowClient().get_model_version_download_uri(*_name_and_version(mlflow, model_uri))
    folder = Path(mlflow.artifacts.download_artifacts(artifact_uri=source))
    for config in folder.glob("artifacts/*/config.json"):  # MLflow keeps the bundle under its own folder's name
        return config.parent
    raise UserError(f"{model_uri}: holds no bundle; it was not logged by narrashift")


def _name_and_version(mlflow: Any, model_uri: str) -> tuple[str, str]:
    reference = model_uri.removeprefix("models:/")
    if "@" in reference:
        name, alias = reference.rsplit("@", 1)
        return name, mlflow.MlflowClient().get_model_version_by_alias(name, alias).version
    name, _, version = reference.partition("/")
    return name, version
