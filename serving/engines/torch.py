"""The default engine: PyTorch on the CPU, or on CUDA with bf16."""

from __future__ import annotations

from ...model.bundle import Bundle
from ...model.classifier import Classifier
from ..settings import ScoreSettings


def open_torch(bundle: Bundle, settings: ScoreSettings) -> Classifier:
    """The bundle's network in PyTorch."""
    if settings.threads:
        import torch

        torch.set_num_threads(settings.threads)
    return bundle.classifier(device=settings.device, precision=settings.precision, batch_tokens=settings.batch_tokens)
