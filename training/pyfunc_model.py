"""The registered model, as MLflow's "model from code": texts in, every probability out."""

from __future__ import annotations

from typing import Any

import mlflow
import pandas as pd


class PassageModel(mlflow.pyfunc.PythonModel):  # type: ignore[name-defined]
    """Opens the bundle among its artifacts; `predict` takes a table with a column `text`, or a list of texts."""

    def load_context(self, context: Any) -> None:
        import narrashift

        self.predictor = narrashift.load(context.artifacts["bundle"])

    def predict(self, context: Any, model_input: Any, params: Any = None) -> pd.DataFrame:
        """One row a text: `task.label` probabilities, then the decided labels a task (joined by |)."""
        texts = model_input["text"] if isinstance(model_input, pd.DataFrame) else model_input
        rows = []
        for prediction in self.predictor.predict([str(text) for text in texts]):
            row: dict[str, Any] = {
                f"{task}.{label}": value
                for task, labels in prediction.probabilities.items()
                for label, value in labels.items()
            }
            for task, decided in prediction.labels.items():
                row[task] = decided if isinstance(decided, str) else "|".join(decided)
            rows.append(row)
        return pd.DataFrame(rows)


mlflow.models.set_model(PassageModel())
