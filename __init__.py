"""narrashift: label passages about a war, score article dumps, find the moment a source changes its story.

Everything here is imported when it is first used, so that `import narrashift` is fast and torch-free.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .model.codebook import Codebook, read_codebook
    from .model.errors import UserError
    from .model.prediction import Prediction, Predictor, load
    from .serving.score import score
    from .training.data.corpus import Corpus, from_dataset, read_corpus
    from .training.labelling.python_file import labelling_function
    from .training.measuring.evaluation import evaluate
    from .training.train import train

__version__ = "0.1.0"

_HOMES = {
    "Codebook": ".model.codebook",
    "Corpus": ".training.data.corpus",
    "Prediction": ".model.prediction",
    "Predictor": ".model.prediction",
    "UserError": ".model.errors",
    "evaluate": ".training.measuring.evaluation",
    "from_dataset": ".training.data.corpus",
    "labelling_function": ".training.labelling.python_file",
    "load": ".model.prediction",
    "read_codebook": ".model.codebook",
    "read_corpus": ".training.data.corpus",
    "score": ".serving.score",
    "train": ".training.train",
}
__all__ = [
    "Codebook",
    "Corpus",
    "Prediction",
    "Predictor",
    "UserError",
    "evaluate",
    "from_dataset",
    "labelling_function",
    "load",
    "read_codebook",
    "read_corpus",
    "score",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'narrashift' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name], __name__), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
