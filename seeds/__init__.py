"""Text that the package ships: the six seed passages, the default codebook, the starter corpus."""

from __future__ import annotations

from contextlib import AbstractContextManager
from importlib import resources
from pathlib import Path


def seed_file(name: str) -> AbstractContextManager[Path]:
    """One of the files in here, as a path for as long as the context lasts."""
    return resources.as_file(resources.files(__name__).joinpath(name))
