"""What a logged model brings along: this package's own code, and the versions it was made with."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

PINNED = (
    "mlflow", "numpy", "pandas", "pydantic", "safetensors", "scikit-learn", "scipy", "skops", "tokenizers", "torch",
    "transformers",
)  # fmt: skip
CODE = (
    "*.py",
    "commands/*.py",
    "model/**/*.py",
    "training/**/*.py",
    "serving/**/*.py",
    "seeds/*.py",
    "seeds/codebook.toml",
)


def requirements() -> list[str]:
    """`torch==2.13.0`, …: what predicting needs, without local parts (`+cpu`), which no registry has."""
    return [f"{name}=={metadata.version(name).split('+')[0]}" for name in PINNED]


@contextlib.contextmanager
def package_copy() -> Iterator[Path]:
    """This package's own code in a temporary folder, so that a logged model runs where narrashift is not installed."""
    home = Path(__file__).parents[2]
    with tempfile.TemporaryDirectory() as temporary:
        target = Path(temporary) / "narrashift"
        for pattern in CODE:
            for file in home.glob(pattern):
                (target / file.relative_to(home)).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, target / file.relative_to(home))
        yield target
