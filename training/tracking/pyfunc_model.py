"""The registered model, as MLflow's "model from code": texts in, every probability out."""

from __future__ import annotations

import sys
from typing import Any

import mlflow
import pandas as pd


class PassageModel(mlflow.pyfunc.PythonModel):  # type: ignore[name-defined]
    """Opens the bundle among its artifacts; `predict` takes a table (column `text`) or a list of texts."""

    def load_context(self, context: Any) -> None:
        sys.path.append(context.artifacts["package"])  # last: an installed narrashift has more than this copy
        import narrashift

        self.predictor = narrashift.load(context.artifacts["bundle"])

    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]  # MLflow reads type hints
        """One row a text: `task.label` probabilities, then the decided labels a task (joined by |)."""
        is_table = isinstance(model_input, pd.DataFrame)
        texts = model_input["text" if "text" in model_input else model_input.columns[0]] if is_table else model_input
        rows = []
        for prediction in self.predictor.predict([str(text) for text in texts]):
            row: dict[str, Any] = {
                f"{task}.{label}": value
                for task, labels in prediction.probabilities.items()
                for label, value in labels.items()
            }
            for task, decided in prediction.labels.items():
                row[task] = decided if isinstance(decided, str) else "|".join(decided or ())
            rows.append(row)
        return pd.DataFrame(rows)


mlflow.models.set_model(PassageModel())
