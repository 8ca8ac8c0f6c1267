"""The driver of a scoring run on Ray: what is left goes to the workers, and their counts come back."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ...model.errors import UserError
from ...model.held_out import copy_held_out
from ...model.progress import Progress
from ..engines import NVIDIA
from ..languages import Tell, measured_in, tell_nobody
from ..parts import mark_duplicates
from ..plan import Plan
from ..score import Scored, scored
from .folder import StretchFolder, Written
from .session import check_ray, ray_session
from .stretches import Shard, shards
from .worker import ScoreWorker, read_batch

WORKERS_PER_READER = 16
"""Reading costs a small part of what scoring does."""


def score_on_ray(plan: Plan, *, progress: Progress, tell: Tell = tell_nobody) -> Scored:
    """Score a dump with Ray Data; started again, it goes on with the stretches that are not written.

    Dump, bundle and score folder lie where every machine of the cluster sees them under the same path.

    Raises:
        UserError: no Ray, no cluster, a folder that holds another run, a machine that does not see the files.
    """
    check_ray()
    settings, started, reused = plan.settings, time.monotonic(), 0
    with StretchFolder(plan.out.resolve(), {**plan.identity, "on": "ray"}) as folder:
        copy_held_out(plan.bundle, plan.out)
        before = folder.counts.passages
        if not folder.done:
            sizes = [entry["bytes"] or 0 for entry in plan.identity["input"]]
            left = folder.open_shards(shards(sizes))
            if left:
                gpu = plan.engine == "torch" and _on_gpu(settings.device)
                with ray_session(settings, cores=settings.threads or 1, gpu=gpu) as workers:
                    tell(measured_in(plan.bundle))
                    progress("scoring rows", folder.counts.rows, plan.rows)
                    for said in _results(plan, left, sizes=sizes, workers=workers, gpu=gpu):
                        if "problem" in said:
                            raise UserError(said["problem"])
                        folder.add(said["name"], Written.from_json(said["written"]))
                        reused += said["reused"]
                        total = plan.rows if folder.counts.rows <= plan.rows else 0
                        progress("scoring rows", folder.counts.rows, total)
            plan.check(first=0, last=len(plan.inputs) - 1)
            mark_duplicates(plan, articles=folder.counts.articles, progress=progress)
            folder.finish()
        return scored(plan, folder, before=before, started=started, reused=reused)


def _results(plan: Plan, left: list[Shard], *, sizes: list[int], workers: int, gpu: bool) -> Iterator[dict[str, Any]]:
    """What the workers say of each stretch, as soon as it is written."""
    import ray.data

    cores = plan.settings.threads or 1
    todo: Any = ray.data.from_items([{"shard": shard.index} for shard in left], override_num_blocks=len(left))
    todo.context.enable_progress_bars = False
    todo.context.target_max_block_size = 1  # a stretch is a block: one worker has it, and loses it, alone
    read = todo.map_batches(
        read_batch,
        batch_size=1,
        num_cpus=0,
        concurrency=-(-workers // WORKERS_PER_READER),
        fn_kwargs={
            "shards": {shard.index: shard for shard in left},
            "inputs": [replace(entry, path=entry.path.resolve()) for entry in plan.inputs],
            "sizes": sizes,
            "columns": plan.columns,
            "settings": plan.settings,
        },
    )
    answered = read.map_batches(
        ScoreWorker,
        batch_size=1,
        concurrency=workers,
        fn_constructor_kwargs={
            "bundle": plan.bundle.path.resolve(),
            "digest": plan.bundle.digest,
            "engine": plan.engine,
            "settings": plan.settings.model_copy(update={"threads": cores}),
            "columns": plan.columns,
            "schema": plan.schema,
            "names": [entry.name for entry in plan.inputs],
            "out": plan.out.resolve(),
        },
        **({"num_gpus": 1} if gpu else {"num_cpus": cores}),
    )
    for row in answered.iter_rows():
        yield json.loads(row["said"])


def _on_gpu(device: str) -> bool:
    return device.startswith("cuda") or (device == "auto" and NVIDIA.exists())
