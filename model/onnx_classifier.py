"""An exported network in ONNX Runtime as a classifier. PyTorch is not imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from .bundle import Bundle
from .classifier import Classifier, Logits, Tick
from .close_calls import CloseCalls
from .cores import usable_cores
from .errors import UserError, first_line
from .exported import FOLDER, OnnxEngine, exported_for, file_sha256
from .tokens import count_tokens, equal_batches, read_tokenizer
from .windows import encode_windows

BATCH_TOKENS = 512
"""A layer's activations of so many tokens stay near the core. From 256 to 1,024 alike; 2,048 and more are slower."""


class OnnxClassifier:
    """A network in ONNX Runtime with its tokenizer.

    Batches hold passages of one length, and every core computes batches of its own: no padding, and no core waits
    for another inside a layer.

    Args:
        model: an ONNX file, or its bytes.
        heads: task -> number of leaves, in the order of the model's output columns.
        max_tokens: tokens that the network reads at once.
        windows: of so many tokens at most that a longer passage is read in.
        threads: batches computed at a time; by default as many as there are cores to use.
        batch_tokens: tokens of a batch.

    Raises:
        UserError: the file is no model that ONNX Runtime can run.
    """

    def __init__(
        self,
        model: Path | bytes,
        tokenizer: Tokenizer,
        *,
        heads: Mapping[str, int],
        max_tokens: int,
        windows: int = 1,
        threads: int | None = None,
        batch_tokens: int | None = None,
    ) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            source = model if isinstance(model, bytes) else str(model)
            self.session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime raises a class for each of its status codes
            raise UserError(f"{model if isinstance(model, Path) else 'model'}: {first_line(error)}") from None
        self.tokenizer = tokenizer
        self.heads = dict(heads)
        self.max_tokens: int | None = max_tokens
        self.windows = windows
        self.batch_tokens = batch_tokens or BATCH_TOKENS
        self.pool = ThreadPoolExecutor(threads or usable_cores(), thread_name_prefix="onnx")

    def count_tokens(self, texts: Sequence[str]) -> np.ndarray:
        return count_tokens(self.tokenizer, texts)

    def logits(self, texts: Sequence[str], *, tick: Tick | None = None) -> Logits:
        assert self.max_tokens is not None
        encoded = encode_windows(self.tokenizer, texts, max_tokens=self.max_tokens, windows=self.windows)
        ids = encoded.ids
        found = np.empty((len(ids), sum(self.heads.values())), dtype=np.float32)

        def run(batch: np.ndarray) -> int:
            [found[batch]] = self.session.run(None, {"input_ids": np.stack([ids[i] for i in batch])})
            return encoded.begun(batch)

        for done in self.pool.map(run, equal_batches(encoded.lengths, tokens=self.batch_tokens)):
            if tick:
                tick(done)
        ends = np.cumsum([*self.heads.values()])
        parts = np.split(encoded.averaged(found), ends[:-1], axis=1)
        return Logits(tasks=dict(zip(self.heads, parts, strict=True)), truncated=encoded.truncated)


def open_onnx(
    bundle: Bundle, engine: OnnxEngine, *, threads: int | None = None, batch_tokens: int | None = None
) -> Classifier:
    """The classifier in a bundle's `onnx/`; of the int8 one, close calls are settled by the fp32 one.

    Raises:
        UserError: not exported, exported from other weights, or a file that is not the one that was measured.
    """
    found = exported_for(bundle, engine).engines[engine]
    if not found.margins:
        return _open(bundle, engine, threads=threads, batch_tokens=batch_tokens)
    with ThreadPoolExecutor(2) as both:  # reading and preparing a file keeps one core busy for a while
        files: list[OnnxEngine] = [engine, "onnx"]
        quick, exact = both.map(lambda one: _open(bundle, one, threads=threads, batch_tokens=batch_tokens), files)
    return CloseCalls(quick, exact, codebook=bundle.codebook, decision=bundle.decision, margins=found.margins)


def _open(bundle: Bundle, engine: OnnxEngine, *, threads: int | None, batch_tokens: int | None) -> OnnxClassifier:
    exported = exported_for(bundle, engine)
    found = exported.engines[engine]
    path = bundle.path / FOLDER / found.file
    if file_sha256(path) != found.sha256:
        raise UserError(f"{path}: damaged. Export it again: narrashift export {bundle.path} --overwrite")
    config = bundle.json("config.json")
    return OnnxClassifier(
        path,
        read_tokenizer(bundle.path / "tokenizer.json"),
        heads=exported.heads,
        max_tokens=config["max_tokens"],
        windows=config.get("windows", 1),
        threads=threads,
        batch_tokens=batch_tokens,
    )
