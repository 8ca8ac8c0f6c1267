"""What a bundle may not ask for: code, weights or kernels from elsewhere, or more than a reader can hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .errors import UserError

LARGEST = {"config.json": 2**20, "codebook.toml": 2**20, "decision.json": 2**24}
"""Bytes; ours have a few thousand."""
ELSEWHERE = {
    "attn_implementation", "_attn_implementation", "_attn_implementation_internal", "experts_implementation",
    "_experts_implementation", "_experts_implementation_internal",
}  # fmt: skip
"""Keys by which a configuration, or one inside it, makes transformers fetch kernels (native code) from the hub."""
INSTEAD = {"quantization_config", "transformers_weights"}
"""Keys at the top by which it takes other weights, or another loader, than `model.safetensors`."""


def check_sizes(folder: Path) -> None:
    """Raise a `UserError` for a description that is larger than any of ours, before it is read."""
    for name, most in LARGEST.items():
        path = folder / name
        if path.is_file() and path.stat().st_size > most:
            raise UserError(f"{path}: larger than {most >> 20} MiB, which no bundle's is; not opened")


def check_config(content: dict[str, Any], *, place: Path) -> None:
    """Raise a `UserError` where a `config.json` asks for what is not in the bundle."""
    asked = [key for key in INSTEAD if content.get(key) is not None]
    inside: list[Any] = [content]
    while inside:
        value = inside.pop()
        if isinstance(value, dict):
            asked += [key for key in ELSEWHERE if value.get(key) is not None]
            inside += value.values()
        elif isinstance(value, list):
            inside += value
    if asked:
        raise UserError(f"{place}: asks for {asked[0]!r}, which may load code or weights from elsewhere; not opened")


def check_no_adapter(folder: Path) -> None:
    """Raise a `UserError` where a folder has an adapter, which transformers would load on top of the weights."""
    path = folder / "adapter_config.json"
    if path.exists():
        raise UserError(f"{path}: adapters are no part of a bundle. Merge it into the weights, or remove it")
