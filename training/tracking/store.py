"""Where runs are tracked: `MLFLOW_TRACKING_URI`, or a SQLite file with an artifacts folder beside it."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

from ...model.errors import UserError

DATABASE, ARTIFACTS = "mlflow.db", "mlartifacts"


def tracking_uri(directory: Path | None = None) -> str:
    """The store's URI: the environment's, else `mlflow.db` in this directory (the current one by default)."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{(directory or Path.cwd()) / DATABASE}"


def quiet_mlflow() -> None:
    """Import MLflow so that it sends no usage telemetry and says nothing below an error on the terminal."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "ERROR")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")  # standard output is for results
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")  # training goes on; what is missed is sent later
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)


def database_file(uri: str) -> Path | None:
    """The file of a SQLite store, None for any other."""
    return Path(uri.removeprefix("sqlite:///")) if uri.startswith("sqlite:///") else None


def open_ui(*, port: int, directory: Path | None = None) -> int:
    """Run the MLflow UI on the right store until Ctrl-C; the exit code of the server.

    Raises:
        UserError: nothing has been tracked here, or the store is a server that has its own UI.
    """
    uri = tracking_uri(directory)
    if uri.startswith(("http://", "https://")):
        raise UserError(f"the runs are on a tracking server with its own UI: open {uri} in a browser")
    file = database_file(uri)
    if file is not None and not file.exists():
        raise UserError(f"{file}: no tracked run here. Train first, or set MLFLOW_TRACKING_URI")
    quiet_mlflow()
    from .registry import EXPERIMENTS, open_store, run_table

    open_store(uri)
    command = [
        sys.executable,
        "-m",
        "mlflow",
        "server",
        "--backend-store-uri",
        uri,
        "--workers",
        "2",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    if file is not None:
        command += ["--default-artifact-root", (file.parent / ARTIFACTS).resolve().as_uri()]
    os.environ.setdefault("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false")  # saves a dozen worker processes
    address = f"http://127.0.0.1:{port}"
    print(f"MLflow UI: {run_table(address)} (store {uri}; stop it with Ctrl-C)", file=sys.stderr)
    for kind, experiment in EXPERIMENTS.items():
        if page := run_table(address, experiment=experiment):
            print(f"{kind} runs: {page}", file=sys.stderr)
    try:
        return subprocess.call(command)
    except KeyboardInterrupt:
        return 0
