"""Runs cut into stretches, planned as on a cluster and worked on here, without Ray."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from narrashift.model.progress import silent
from narrashift.serving.cluster.worker import ScoreWorker
from narrashift.serving.plan import Plan, plan_run
from narrashift.serving.settings import ScoreSettings


@pytest.fixture
def few_bytes(monkeypatch: pytest.MonkeyPatch) -> int:
    """Bytes of a shard; 64 MiB otherwise."""
    monkeypatch.setattr("narrashift.serving.cluster.stretches.SHARD_BYTES", 3_000)
    return 3_000


@pytest.fixture
def planned(exported_bundle: Path, tmp_path: Path) -> Callable[..., Plan]:
    """`planned(files)`: a run on Ray into `tmp_path / "ray"`, five passages a part."""

    def plan(files: list[Path], **settings) -> Plan:
        chosen = ScoreSettings(**{"part": 5, "on": "ray", "engine": "onnx-int8", **settings})
        return plan_run(files, model=exported_bundle, out=tmp_path / "ray", settings=chosen, progress=silent)

    return plan


@pytest.fixture
def worker_of() -> Callable[..., ScoreWorker]:
    """`worker_of(plan)`: what Ray would run in a process of its own."""

    def open_worker(plan: Plan, **other) -> ScoreWorker:
        given = {
            "bundle": plan.bundle.path, "digest": plan.bundle.digest, "engine": plan.engine,
            "settings": plan.settings, "columns": plan.columns, "schema": plan.schema, "out": plan.out,
            "names": [entry.name for entry in plan.inputs],
        }  # fmt: skip
        return ScoreWorker(**{**given, **other})

    return open_worker
