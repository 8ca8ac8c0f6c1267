"""The lexical head (`model/lexical.py`) as part of a graph."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ...model.lexical import LexicalHead
from .graph import Graph


def add_lexical(graph: Graph, head: LexicalHead, *, ids: str, tasks: Iterable[str]) -> str:
    """Its logits: ``(passages, leaves)``, columns in the order of `tasks`.

    Args:
        ids: name of the token ids, ``(passages, tokens)`` int64, without padding.
    """
    table, bias = (values.detach().cpu().numpy() for values in (head.table, head.bias))
    starts = dict(zip(head.heads, np.cumsum([0, *head.heads.values()]).tolist(), strict=False))
    columns = [starts[task] + leaf for task in tasks for leaf in range(head.heads[task])]
    idf, leaves = table[:, :1], table[:, 1:][:, columns]

    def number(value: int) -> str:
        return graph.constant(value, np.int64)

    def cut(name: str, start: int, end: int) -> str:
        return graph.add("Slice", name, *(graph.constant([value]) for value in (start, end, 1)))

    left, right = cut(ids, 0, -1), cut(ids, 1, 2**31)
    pairs = graph.add("Add", graph.add("Mul", left, number(1_000_000_007)), right)
    pairs = graph.add("Mod", pairs, number(2_147_483_647))
    both = graph.add("Mul", graph.add("Concat", ids, pairs, axis=1), number(2_654_435_761))
    buckets = graph.add("Mod", both, number(len(table)))
    # Tokens come first: sums then run over them one by one, in an order that other passages do not change.
    buckets = graph.add("Transpose", buckets, perm=[1, 0])
    rows = graph.add("Gather", graph.constant(np.concatenate([idf**2, idf * leaves], axis=1)), buckets)
    sums = graph.add("ReduceSum", rows, graph.constant([0]), keepdims=0)
    norm = graph.add("Sqrt", graph.add("Max", cut(sums, 0, 1), graph.constant(1e-9)))
    logits = graph.add("Add", graph.add("Div", cut(sums, 1, 2**31), norm), graph.constant(bias[columns]))
    if head.known is None:
        return logits
    known = graph.constant(head.known.detach().cpu().numpy()[:, None])
    enough = graph.add("Gather", known, graph.add("Transpose", ids, perm=[1, 0]))
    enough = graph.add("ReduceMean", enough, graph.constant([0]), keepdims=0)
    voice = graph.add("Sub", graph.add("Mul", enough, graph.constant(2.0)), graph.constant(1.0))
    voice = graph.add("Clip", voice, graph.constant(0.0), graph.constant(1.0))
    assert head.silence is not None
    silence = graph.constant(head.silence.detach().cpu().numpy()[columns])
    rest = graph.add("Mul", silence, graph.add("Sub", graph.constant(1.0), voice))
    return graph.add("Add", graph.add("Mul", logits, voice), rest)
