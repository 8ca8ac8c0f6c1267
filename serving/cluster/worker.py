"""What runs on the cluster: tasks that read stretches, and actors that score them into parts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ...model.bundle import open_bundle
from ...model.errors import UserError
from ...rows import Input
from ..articles import Article, Columns, Refused
from ..chunks import Chunk, chunks
from ..evidence import open_evidence
from ..parts import chunk_table, keep_sketches
from ..score import open_classifier
from ..settings import Engine, ScoreSettings
from .folder import Written, read_written, write_stretch
from .stretches import SAME_PATH, Shard, Stretch, read_stretches

Batch = dict[str, Any]


def read_batch(
    batch: Batch,
    *,
    shards: Mapping[int, Shard],
    inputs: Sequence[Input],
    sizes: Sequence[int],
    columns: Columns,
    settings: ScoreSettings,
) -> Iterator[Batch]:
    """For Ray Data: shard indices in; stretches out, one a block, while the shard is still being read.

    What a user can put right comes out in the place of a stretch; raised, Ray would lose it among its own words.
    """
    for index in batch["shard"].tolist():
        try:
            for stretch in read_stretches(
                shards[index], inputs=inputs, sizes=sizes, columns=columns, settings=settings
            ):
                yield {"stretch": _cell(stretch)}
        except UserError as error:
            yield {"stretch": _cell(error)}


def _cell(content: Stretch | UserError) -> np.ndarray:
    cell = np.empty(1, dtype=object)
    cell[0] = content
    return cell


class ScoreWorker:
    """An actor of Ray Data: holds the open engine. A stretch in, its part written; out comes, as JSON, what was done.

    `{"name": …, "written": …, "reused": …}`, or `{"problem": …}`: one line for the user.
    """

    def __init__(
        self,
        *,
        bundle: Path,
        digest: str,
        engine: Engine,
        settings: ScoreSettings,
        columns: Columns,
        schema: pa.Schema,
        names: Sequence[str],
        out: Path,
    ) -> None:
        self.settings, self.columns, self.schema, self.names, self.out = settings, columns, schema, names, out
        self.problem: str | None = None
        try:
            self.bundle = open_bundle(bundle)
            if self.bundle.digest != digest:
                raise UserError(f"{bundle}: another bundle ({self.bundle.digest}) on a machine of the cluster")
            if not out.is_dir():
                raise UserError(f"{out}: not there on a machine of the cluster. {SAME_PATH}")
            self.classifier = open_classifier(self.bundle, engine=engine, settings=settings)
            self.explain = open_evidence(self.bundle, self.classifier.classifier, settings=settings)
        except UserError as error:
            self.problem = str(error)

    def __call__(self, batch: Batch) -> Batch:
        return {"said": [json.dumps(self._done(content)) for content in batch["stretch"]]}

    def _done(self, content: Stretch | UserError) -> dict[str, Any]:
        if self.problem or isinstance(content, UserError):
            return {"problem": self.problem or str(content)}
        before = self.classifier.reused
        try:
            written = self._written(content)
        except UserError as error:
            return {"problem": str(error)}
        except OSError as error:
            return {"problem": f"{error.filename or self.out}: {error.strerror or error}"}
        return {"name": content.name, "written": asdict(written), "reused": self.classifier.reused - before}

    def _written(self, stretch: Stretch) -> Written:
        already = read_written(self.out, stretch.name)  # by a worker that died before it could say so
        if already is not None:
            return already
        articles = [item for item in stretch.items if isinstance(item, Article)]
        read = [*chunks(iter(articles), classifier=self.classifier, settings=self.settings)]
        keep_sketches(self.out, stretch.name, read, columns=self.columns, settings=self.settings)
        return write_stretch(
            self.out,
            stretch.name,
            self._table(read),
            [item for item in stretch.items if isinstance(item, Refused)],
            position=stretch.items[-1].at,
            last=stretch.last,
            articles=len(articles),
        )

    def _table(self, read: Sequence[Chunk]) -> pa.Table:
        tables = []
        for chunk in read:
            logits = self.classifier.logits(chunk.texts())
            tables.append(
                chunk_table(
                    chunk,
                    logits,
                    schema=self.schema,
                    columns=self.columns,
                    bundle=self.bundle,
                    settings=self.settings,
                    names=self.names,
                    evidence=self.explain.column(chunk, logits) if self.explain else None,
                )
            )
        return pa.concat_tables(tables) if tables else self.schema.empty_table()
