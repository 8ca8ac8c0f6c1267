"""The CPU's engines: ONNX Runtime, in fp32 and in int8."""

from __future__ import annotations

from ...model.bundle import Bundle
from ...model.classifier import Classifier
from ...model.onnx_classifier import open_onnx
from ..settings import ScoreSettings


def open_fp32(bundle: Bundle, settings: ScoreSettings) -> Classifier:
    """The exported network in fp32."""
    return open_onnx(bundle, "onnx", threads=settings.threads, batch_tokens=settings.batch_tokens)


def open_int8(bundle: Bundle, settings: ScoreSettings) -> Classifier:
    """The exported network in int8."""
    return open_onnx(bundle, "onnx-int8", threads=settings.threads, batch_tokens=settings.batch_tokens)
