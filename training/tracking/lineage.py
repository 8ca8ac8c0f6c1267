"""From a finding back to the training: the runs and the model version that stand behind scores, by their digests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .registry import BUNDLE, EXPERIMENTS, MODEL

FINGERPRINT = "fingerprint"
LOGGED = "models:/m-"
"""How the source of a version begins that was registered from a run's logged model, with the model's id."""


@dataclass(frozen=True)
class Lineage:
    """What a store knows of where scores come from.

    Attributes:
        version: of the registered model, `narrashift/3`.
        model_id: of the logged model behind it.
        score_runs: of each score folder, id and name of its run, where there is one.
    """

    version: str | None = None
    model_id: str | None = None
    training_run: str | None = None
    score_runs: tuple[tuple[str, str] | None, ...] = ()

    @property
    def links(self) -> dict[str, str | None]:
        """The model's part, as folders write it down."""
        return {"model_version": self.version, "training_run": self.training_run}


def trace_model(client: Any, *, bundle: str, registered: str | None = None) -> Lineage:
    """The newest version of the registered model that is this bundle, and the run that trained it.

    Args:
        client: an `MlflowClient`.
        bundle: its digest.
        registered: `models:/narrashift/3`, where the model was fetched as such: it may be of an older narrashift, which
            did not tag its versions.
    """
    if registered is not None:
        name, _, number = registered.removeprefix("models:/").rpartition("/")
        version = client.get_model_version(name, number)
    else:
        found = client.search_model_versions(f"name = '{MODEL}' AND tags.{BUNDLE} = '{bundle}'")
        if not found:
            return Lineage()
        version = max(found, key=lambda one: int(one.version))
    logged = version.source.removeprefix("models:/") if version.source.startswith(LOGGED) else None
    return Lineage(f"{version.name}/{version.version}", version.model_id or logged, version.run_id or None)


def trace_scores(client: Any, *, fingerprint: str | None, run_id: str | None) -> tuple[str, str] | None:
    """Id and name of the run that tracked a score folder: the one it names, else the newest of its fingerprint."""
    experiment = client.get_experiment_by_name(EXPERIMENTS["score"])
    if run_id is not None and (run := find_run(client, run_id)) is not None:
        return run.info.run_id, run.info.run_name
    if experiment is None or fingerprint is None:
        return None
    wanted = f"tags.{FINGERPRINT} = '{fingerprint}' AND attributes.status = 'FINISHED'"
    runs: Sequence[Any] = client.search_runs([experiment.experiment_id], wanted, max_results=1)
    return (runs[0].info.run_id, runs[0].info.run_name) if runs else None


def find_run(client: Any, run_id: str) -> Any | None:
    """The finished run of this id; None where the store does not have it."""
    from mlflow.exceptions import MlflowException

    try:
        run = client.get_run(run_id)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return None
    alive = run.info.lifecycle_stage == "active" and run.info.status == "FINISHED"
    return run if alive else None
