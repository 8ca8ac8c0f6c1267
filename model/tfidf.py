"""The yardstick: TF-IDF of words and characters, one logistic regression a label."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import logit
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion

from .classifier import Logits, Tick
from .codebook import Codebook
from .errors import UserError, first_line

FILE = "tfidf.skops"
ALLOWED = {
    "builtins.dict", "builtins.list", "builtins.str", "builtins.tuple",
    "numpy.float32", "numpy.float64", "numpy.int64", "numpy.ndarray",
    "sklearn.feature_extraction.text.TfidfTransformer", "sklearn.feature_extraction.text.TfidfVectorizer",
    "sklearn.pipeline.FeatureUnion",
}  # fmt: skip
"""All that a yardstick is made of. skops itself trusts every class of scikit-learn."""
LOADERS = {"DictNode", "JsonNode", "ListNode", "NdArrayNode", "ObjectNode", "TupleNode", "TypeNode"}
MOST_BYTES = 2 * 2**30
"""Unpacked; of the starter corpus it is 73 MiB."""


class TfidfClassifier:
    """Logits from a linear model over TF-IDF features; reads passages of any length whole.

    Args:
        features: fitted vectoriser, texts -> sparse ``(passages, features)``.
        heads: task -> ``(weights (leaves, features), bias (leaves,))``.
    """

    max_tokens: int | None = None

    def __init__(self, features: FeatureUnion, heads: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
        self.features = features
        self.heads = heads

    def count_tokens(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([len(text.split()) for text in texts], dtype=np.int64)

    def logits(self, texts: Sequence[str], *, tick: Tick | None = None) -> Logits:
        if not len(texts):
            return Logits(
                {task: np.empty((0, len(b)), np.float32) for task, (_, b) in self.heads.items()}, np.zeros(0, bool)
            )
        matrix = self.features.transform(list(texts))
        tasks = {
            task: np.asarray(matrix @ weights.T + bias, dtype=np.float32)
            for task, (weights, bias) in self.heads.items()
        }
        if tick:
            tick(len(texts))
        return Logits(tasks=tasks, truncated=np.zeros(len(texts), dtype=bool))

    def save(self, folder: Path) -> None:
        """Write `tfidf.skops`, which holds no pickle."""
        import skops.io

        (folder / FILE).write_bytes(_reproducible(skops.io.dumps({"features": self.features, "heads": self.heads})))


def _reproducible(archive: bytes) -> bytes:
    """The skops archive with object ids numbered in their order and no times: the same model, the same bytes."""
    with zipfile.ZipFile(io.BytesIO(archive)) as source:
        schema = source.read("schema.json").decode()
        others = {name: source.read(name) for name in source.namelist() if name != "schema.json"}
    ids = dict.fromkeys(re.findall(r'"__id__": (\d+)', schema))
    number = {old: str(new) for new, old in enumerate(ids, start=1)}
    schema = re.sub(r'("__id__": |")(\d+)(?=[,}\s]|\.npy")', lambda m: m[1] + number.get(m[2], m[2]), schema)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        new.writestr(zipfile.ZipInfo("schema.json"), schema)
        stems = {name: Path(name).stem for name in others}
        renamed = {number.get(stems[name], stems[name]) + Path(name).suffix: data for name, data in others.items()}
        for name in sorted(renamed):
            new.writestr(zipfile.ZipInfo(name), renamed[name])
    return target.getvalue()


def fit_tfidf(texts: Sequence[str], *, targets: dict[str, np.ndarray], codebook: Codebook) -> TfidfClassifier:
    """Fit the yardstick; passages without a task's label are left out for that task.

    Args:
        targets: task -> ``(passages,)`` int with -1 where unlabelled (single), or ``(passages, leaves)``
            0/1 with NaN where unlabelled (multi).
    """
    features = FeatureUnion(
        [
            ("words", TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2, dtype=np.float32)),
            (
                "characters",
                TfidfVectorizer(
                    sublinear_tf=True, analyzer="char_wb", ngram_range=(2, 5), min_df=3, max_features=200_000,
                    dtype=np.float32,
                ),
            ),
        ]
    )  # fmt: skip
    try:
        matrix = features.fit_transform(list(texts))
    except ValueError:  # too little text for min_df
        # one letter or sign may be a word here
        features.set_params(words__min_df=1, characters__min_df=1, words__token_pattern=r"\S+")
        matrix = features.fit_transform(list(texts))
    for _, vectorizer in features.transformer_list:  # skops writes each NumPy number as a file, which takes minutes
        vectorizer.vocabulary_ = {term: int(column) for term, column in vectorizer.vocabulary_.items()}
    heads = {}
    for name, task in codebook.tasks.items():
        y = targets[name]
        known = y >= 0 if task.kind == "single" else ~np.isnan(y).any(axis=1)
        heads[name] = fit_head(matrix[known], y[known], leaves=len(task.leaves), single=task.kind == "single")
    return TfidfClassifier(features, heads)


def fit_head(
    matrix: Any, y: np.ndarray, *, leaves: int, single: bool, strength: float = 10.0, balanced: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Weights and bias of one task. A label never seen keeps zero weights and the bias of a rare one.

    Args:
        strength: of the fit against the penalty on large weights (`C` of scikit-learn).
        balanced: labels count alike, however rare.
    """
    weights = np.zeros((leaves, matrix.shape[1]), dtype=np.float32)
    bias = np.full(leaves, logit(1 / (len(y) + 2)), dtype=np.float32)
    regression = LogisticRegression(C=strength, class_weight="balanced" if balanced else None, max_iter=1_000)
    if single:
        seen = np.unique(y).astype(int)
        if len(seen) == 2:  # one logit: the second class against the first
            fitted = regression.fit(matrix, y)
            weights[seen[1]], bias[seen] = fitted.coef_[0], (0.0, fitted.intercept_[0])
        elif len(seen) > 2:
            fitted = regression.fit(matrix, y)
            weights[seen], bias[seen] = fitted.coef_, fitted.intercept_
        else:
            bias[seen] = 0.0
        return weights, bias
    for leaf in range(leaves):
        column = y[:, leaf]
        if 0 < column.sum() < len(column):
            fitted = regression.fit(matrix, column)
            weights[leaf], bias[leaf] = fitted.coef_[0], fitted.intercept_[0]
        elif len(column) and column.all():
            bias[leaf] = -logit(1 / (len(y) + 2))
    return weights, bias


def _types(path: Path) -> set[str]:
    """What the file would make, read off its description without making it."""
    with zipfile.ZipFile(path) as archive:
        if sum(member.file_size for member in archive.infolist()) > MOST_BYTES:
            raise UserError(f"{path}: unpacks to more than {MOST_BYTES >> 30} GiB; not opened")
        open_nodes = [json.loads(archive.read("schema.json"))]
    types: set[str] = set()
    while open_nodes:
        node = open_nodes.pop()
        if isinstance(node, dict):
            if "__loader__" in node:
                types.add(f"{node.get('__module__')}.{node.get('__class__')}")
                if node["__loader__"] not in LOADERS:
                    types.add(str(node["__loader__"]))
            open_nodes += node.values()
        elif isinstance(node, list):
            open_nodes += node
    return types


def read_tfidf(folder: Path, *, codebook: Codebook | None = None) -> TfidfClassifier:
    """The yardstick in a bundle folder. Types outside a short allow-list are refused before anything is made.

    Raises:
        UserError: the file is missing, broken, or holds a type that is not allowed.
    """
    import skops.io

    path = folder / FILE
    try:
        unknown = sorted(_types(path) - ALLOWED) or skops.io.get_untrusted_types(file=path)
        if unknown:
            raise UserError(f"{path}: holds types that are not allowed ({', '.join(unknown[:3])}); not opened")
        content = skops.io.load(path, trusted=[])
        features, heads = content["features"], content["heads"]
        if (
            type(features) is not FeatureUnion
            or [type(v) for _, v in features.transformer_list] != [TfidfVectorizer] * 2
        ):
            raise UserError(f"{path}: holds something else than a TF-IDF model; not opened")
        columns = sum(len(v.vocabulary_) for _, v in features.transformer_list)
        for task, (weights, bias) in heads.items():
            if weights.shape != (len(bias), columns):
                raise UserError(f"{path}: task {task}: weights do not fit the features")
        if codebook and {task: len(b) for task, (_, b) in heads.items()} != {
            name: len(task.leaves) for name, task in codebook.tasks.items()
        }:
            raise UserError(f"{path}: tasks or labels differ from codebook.toml ({', '.join(codebook.tasks)})")
        return TfidfClassifier(features, heads)
    except UserError:
        raise
    except Exception as error:  # zipfile, JSON, skops: whatever a broken file raises
        raise UserError(f"{path}: not a readable TF-IDF model: {first_line(error)}") from None
