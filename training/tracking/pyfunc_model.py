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

        self.predictor = narrashift.load(context.artifacts["bundle"], exported=True)

    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]  # MLflow reads type hints
        """One row a text: `task.label` probabilities, then the decided labels a task (joined by |).

        A row without a text (null, empty) has no probabilities and no labels: it must not end a job over millions.
        """
        from narrashift.model.passages import unusable_text

        is_table = isinstance(model_input, pd.DataFrame)
        texts = model_input["text" if "text" in model_input else model_input.columns[0]] if is_table else model_input
        usable = {index: text for index, text in enumerate(texts) if unusable_text(text) is None}
        rows: list[dict[str, Any]] = [{} for _ in texts]
        for index, prediction in zip(usable, self.predictor.predict([*usable.values()]), strict=True):
            for task, labels in prediction.probabilities.items():
                rows[index] |= {f"{task}.{label}": value for label, value in labels.items()}
            for task, decided in prediction.labels.items():
                rows[index][task] = decided if isinstance(decided, str) else "|".join(decided or ())
        tasks = self.predictor.codebook.tasks
        names = [f"{name}.{label}" for name, task in tasks.items() for label in (*task.leaves, *task.parents)]
        # None, because NaN is no JSON; and no label is "", because MLflow makes a word of None in Spark's strings
        columns: dict[str, list[Any]] = {name: [row.get(name) for row in rows] for name in names}
        columns |= {name: [row.get(name, "") for row in rows] for name in tasks}
        kinds = {**dict.fromkeys(names, float if len(usable) == len(rows) else object), **dict.fromkeys(tasks, str)}
        return pd.DataFrame({name: pd.Series(values, dtype=kinds[name]) for name, values in columns.items()})


mlflow.models.set_model(PassageModel())
