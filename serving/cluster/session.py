"""A Ray session: that of the caller, a running cluster's, or one started on this machine and ended with the run."""

from __future__ import annotations

import logging
import os
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...model.cores import usable_cores
from ...model.errors import UserError, first_line
from ..settings import ScoreSettings

STORE_BYTES = 512 * 2**20
"""Shared memory of a session on this machine: what lies between reading and scoring is a few stretches a worker."""
KNOCK_SECONDS = 5.0


def check_ray() -> None:
    """Raise a `UserError` where Ray is not installed."""
    try:
        import ray.data  # noqa: F401
    except ImportError:
        raise UserError("--on ray: Ray is not installed. Install it with: pip install 'narrashift[cluster]'") from None


@contextmanager
def ray_session(settings: ScoreSettings, *, cores: int, gpu: bool) -> Iterator[int]:
    """A session, and how many workers of so many cores (or with a GPU each) it is to have.

    Raises:
        UserError: no cluster answers at the address, or it has no room for a worker.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    import ray

    started = not ray.is_initialized()
    if started:
        _start(ray, settings, cores=cores * (settings.workers or max(usable_cores() // cores, 1)))
    try:
        kind, each = ("GPU", 1) if gpu else ("CPU", cores)
        machines = [machine["Resources"] for machine in ray.nodes() if machine["Alive"]]
        room = sum(int(has.get(kind, 0) // each) for has in machines)
        if not room:
            wanted = "a GPU" if gpu else f"{cores} cores"
            raise UserError(f"--on ray: no machine of the cluster has {wanted} for a worker. See: ray status")
        with _few_words():
            yield settings.workers or room
    finally:
        if started:
            ray.shutdown()


def _start(ray: Any, settings: ScoreSettings, *, cores: int) -> None:
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    address = settings.ray_address or os.environ.get("RAY_ADDRESS")
    if address is None:
        with _closed_stderr():
            ray.init(address="local", num_cpus=cores, include_dashboard=False, object_store_memory=STORE_BYTES, **quiet)
        return
    try:
        _knock(address)
        with _closed_stderr():
            ray.init(address=address, **quiet)
    except (OSError, ValueError, RuntimeError) as error:
        raise UserError(
            f"--ray-address {address}: no Ray cluster answers there ({first_line(error)}). "
            "Start one with: ray start --head"
        ) from None


def _knock(address: str) -> None:
    """Raise an `OSError` where nothing listens at HOST:PORT: Ray itself would try for minutes."""
    host, colon, port = address.rpartition(":")
    if colon and port.isdecimal() and "/" not in address:
        socket.create_connection((host.strip("[]"), int(port)), timeout=KNOCK_SECONDS).close()


@contextmanager
def _closed_stderr() -> Iterator[None]:
    """Standard error is closed to Ray's C++ part, which says aloud that it was asked to be quiet."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


@contextmanager
def _few_words() -> Iterator[None]:
    """Ray Data writes its log and its stack traces to its file alone, and does not advise on block counts."""
    logger = logging.getLogger("ray.data")
    shown = [h for h in logger.handlers if isinstance(h, logging.StreamHandler)]
    levels = [handler.level for handler in shown]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"ray\.data")
        for handler in shown:
            handler.setLevel(logging.CRITICAL)
        try:
            yield
        finally:
            for handler, level in zip(shown, levels, strict=True):
                handler.setLevel(level)
