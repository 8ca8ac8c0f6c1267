"""The score table: one row a passage, a float32 column a label, the decided labels."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from ..model.bundle import Bundle
from ..model.codebook import Codebook
from ..model.decision import all_probabilities, answers
from .articles import Article, Columns, Refused
from .cutting import Span
from .settings import Engine

ERRORS = pa.schema([("file", pa.string()), ("row", pa.int64()), ("id", pa.string()), ("reason", pa.string())])


def label_columns(codebook: Codebook) -> list[str]:
    """`stance.pro_ukraine`, …: every leaf and parent."""
    return [f"{name}.{label}" for name, task in codebook.tasks.items() for label in (*task.leaves, *task.parents)]


def own_columns(codebook: Codebook, *, cascade: bool = False, origin: Sequence[pa.Field] = ()) -> list[str]:
    """Column names that carried columns may not have."""
    last = ["truncated", *(["student"] if cascade else []), *(field.name for field in origin)]
    return ["passage", "start", "end", *label_columns(codebook), *codebook.tasks, *last]


def score_schema(
    columns: Columns, *, bundle: Bundle, engine: Engine, cascade: bool = False, origin: Sequence[pa.Field] = ()
) -> pa.Schema:
    """Carried columns (id first), passage, start, end, probabilities, labels, truncated, student, origin."""
    codebook = bundle.codebook
    fields = [pa.field(name, columns.types[name]) for name in columns.carried]
    fields += [pa.field(name, pa.int32()) for name in ("passage", "start", "end")]
    fields += [pa.field(name, pa.float32()) for name in label_columns(codebook)]
    for name, task in codebook.tasks.items():
        fields.append(pa.field(name, pa.string() if task.kind == "single" else pa.list_(pa.string())))
    fields.append(pa.field("truncated", pa.bool_()))
    if cascade:
        fields.append(pa.field("student", pa.bool_()))
    fields += origin
    metadata = {
        "narrashift.bundle": bundle.digest,
        "narrashift.engine": engine,
        "narrashift.codebook": f"{codebook.name} {codebook.version} {codebook.digest}",
        "narrashift.decision": bundle.decision.model_dump_json(),
        "narrashift.codebook.toml": codebook.to_toml(),
    }
    return pa.schema(fields, metadata=metadata)


def score_table(
    articles: Sequence[Article],
    spans: Sequence[Sequence[Span]],
    *,
    logits: Mapping[str, np.ndarray],
    truncated: np.ndarray,
    schema: pa.Schema,
    columns: Columns,
    bundle: Bundle,
    abstain: float | None = None,
    student: np.ndarray | None = None,
    origin: Mapping[str, Sequence[object]] | None = None,
) -> pa.Table:
    """The rows of all passages of these articles, in order.

    Args:
        spans: passages of each article.
        logits: task -> ``(passages, leaves)``, passages of all articles one after the other.
        truncated: ``(passages,)`` bool.
        abstain: share of wrong answers above which a passage is left undecided: its decided labels are null.
        student: ``(passages,)`` bool, those that a cascade's student answered.
        origin: further columns, of which each has a value a passage.
    """
    arrays: dict[str, object] = {}
    repeats = [len(s) for s in spans]
    owner = np.repeat(np.arange(len(articles)), repeats)
    for position, name in enumerate(columns.carried):
        values = pa.array([article.carried[position] for article in articles], type=columns.types[name])
        arrays[name] = values.take(pa.array(owner))
    arrays["passage"] = [i for s in spans for i in range(len(s))]
    arrays["start"] = [start for s in spans for start, _ in s]
    arrays["end"] = [end for s in spans for _, end in s]
    probs = all_probabilities(logits, codebook=bundle.codebook, decision=bundle.decision)
    for name, task in bundle.codebook.tasks.items():
        for label, values in task.with_parents(probs[name]).items():
            arrays[f"{name}.{label}"] = values.astype(np.float32)
    arrays |= answers(probs, codebook=bundle.codebook, decision=bundle.decision, abstain=abstain)
    arrays["truncated"] = truncated
    if student is not None:
        arrays["student"] = student
    arrays |= origin or {}
    return pa.table({field.name: pa.array(arrays[field.name], type=field.type) for field in schema}, schema=schema)


def errors_table(refused: Sequence[Refused]) -> pa.Table:
    """What was refused and why: file, row, id, reason."""
    return pa.Table.from_pylist(
        [{"file": r.file, "row": r.row, "id": r.id, "reason": r.reason} for r in refused], schema=ERRORS
    )


def with_metadata(schema: pa.Schema, **values: object) -> pa.Schema:
    """The schema with further metadata, each as JSON."""
    more = {f"narrashift.{key}": json.dumps(value) for key, value in values.items()}
    return schema.with_metadata({**(schema.metadata or {}), **more})
