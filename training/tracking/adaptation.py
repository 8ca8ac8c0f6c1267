"""One MLflow run per adaptation of a backbone: settings, the text's digest, losses and perplexity a pass."""

from __future__ import annotations

import json
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from .registry import EXPERIMENTS
from .run import Tracking

if TYPE_CHECKING:
    from ..adapting.settings import AdaptSettings


class NoAdaptationTracking:
    """Stands in for `AdaptationTracking` where nothing is tracked."""

    run_id: str | None = None

    def __init__(self, *, run_id: str | None = None, name: str = "") -> None:
        pass

    def __enter__(self) -> NoAdaptationTracking:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def log_start(self, *, settings: AdaptSettings, data: dict[str, Any], steps: int) -> None:
        pass

    def log_epoch(self, measured: dict[str, float]) -> None:
        pass

    def log_missing(self, history: Sequence[dict[str, float]]) -> None:
        pass

    def log_end(self, *, digest: str | None, origin: dict[str, Any]) -> None:
        pass


class AdaptationTracking:
    """A run of the experiment `narrashift/adapt`, as a context; it ends as `Tracking` does.

    Args:
        run_id: of a run to go on with; a new one is started without.
        name: of a new run.
    """

    def __init__(self, *, run_id: str | None = None, name: str = "") -> None:
        self.run = Tracking(run_id=run_id, name=name, experiment=EXPERIMENTS["adapt"])

    @property
    def run_id(self) -> str | None:
        return self.run.run_id

    def __enter__(self) -> AdaptationTracking:
        self.run.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.run.__exit__(kind, error, trace)

    def log_start(self, *, settings: AdaptSettings, data: dict[str, Any], steps: int) -> None:
        """Settings and sizes as parameters, the passages as a dataset input by their digest."""
        mlflow = self.run.mlflow
        sizes = {f"data_{name}": data[name] for name in ("passages", "held_out", "tokens")}
        mlflow.log_params(settings.model_dump(mode="json") | sizes | {"all_steps": steps})
        mlflow.log_text(settings.to_toml(), "settings.toml")
        self._log_input(data["digest"])

    def _log_input(self, digest: str) -> None:
        from mlflow.entities import Dataset, DatasetInput, InputTag

        made = Dataset("unlabelled", digest, source_type="local", source=json.dumps({"uri": "unlabelled"}))
        client = self.run.mlflow.MlflowClient()
        client.log_inputs(self.run_id, datasets=[DatasetInput(made, [InputTag("mlflow.data.context", "adaptation")])])

    def log_epoch(self, measured: dict[str, float]) -> None:
        """What was measured after a pass, at that step; before the first as step 0."""
        self.run.log_epoch(measured)

    def log_missing(self, history: Sequence[dict[str, float]]) -> None:
        """Those passes of a run that is gone on with which the store did not get."""
        self.run.log_missing(history, by="held_out/loss")

    def log_end(self, *, digest: str | None, origin: dict[str, Any]) -> None:
        """The digest of the adapted backbone, by which trainings name it, and its provenance."""
        outbox, mlflow = self.run.outbox, self.run.mlflow
        outbox.send(mlflow.set_tag, "backbone_digest", digest or "")
        outbox.send(mlflow.log_metric, "seconds", origin["adapting_seconds"])
        outbox.send(mlflow.log_dict, origin, "provenance.json")
