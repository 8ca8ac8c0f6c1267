"""Engines: ways to run a bundle's network. Each is a `Classifier`; a new one is a file and a line here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ...model.bundle import Bundle
from ...model.classifier import Classifier
from ...model.errors import UserError
from ...model.exported import faithful_engine
from ..settings import Engine, ScoreSettings
from .cascade import with_cascade
from .onnx import open_fp32, open_int8
from .torch import open_torch

Open = Callable[[Bundle, ScoreSettings], Classifier]
ENGINES: dict[Engine, Open] = {"torch": open_torch, "onnx": open_fp32, "onnx-int8": open_int8}
NVIDIA = Path("/dev/nvidia0")


def choose_engine(bundle: Bundle, *, settings: ScoreSettings) -> Engine:
    """The engine that `auto` stands for: on a GPU `torch`, on a CPU the fastest that decides as the network does.

    A TF-IDF bundle is its own engine, `tfidf`.

    Raises:
        UserError: an ONNX engine was asked for on another device than the CPU, or of a TF-IDF bundle.
    """
    named = settings.engine
    if bundle.kind == "tfidf":
        if named not in ("auto", "torch"):
            raise UserError(f"{bundle.path}: a TF-IDF bundle has no engine {named!r}. Leave out --engine")
        return "tfidf"
    if named != "auto":
        if named != "torch" and settings.device not in ("auto", "cpu"):
            raise UserError(f"engine {named!r} runs on the CPU, not on {settings.device!r}. Choose --engine torch")
        if named != "torch" and settings.precision == "bf16":
            raise UserError(f"engine {named!r} has no bf16. Choose --engine torch, or leave out precision")
        return named
    if settings.precision == "bf16" or not _on_cpu(settings.device):
        return "torch"
    exported = faithful_engine(bundle)
    if exported is None:
        return "torch"
    return exported if settings.precision == "auto" else "onnx"


def open_engine(bundle: Bundle, *, engine: Engine, settings: ScoreSettings) -> Classifier:
    """The classifier that scores this bundle, behind its student where the settings ask for a cascade."""
    opened = bundle.classifier() if engine == "tfidf" else ENGINES[engine](bundle, settings)
    return with_cascade(opened, bundle=bundle, settings=settings)


def _on_cpu(device: str) -> bool:
    """Whether the device is, or `auto` would be, the CPU. PyTorch is asked only where there is a GPU."""
    if device != "auto":
        return device == "cpu"
    if not NVIDIA.exists():
        return True
    from ...model.device import pick_device

    return pick_device(device) == "cpu"
