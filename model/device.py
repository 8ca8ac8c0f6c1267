"""Which device to compute on."""

from __future__ import annotations

import torch

from .errors import UserError


def pick_device(name: str) -> str:
    """`auto` is CUDA where there is one, else the CPU.

    Raises:
        UserError: no such device here.
    """
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(1, device=name)
    except (RuntimeError, AssertionError):
        raise UserError(f"device {name!r}: not on this machine (auto, cpu, cuda)") from None
    return name
