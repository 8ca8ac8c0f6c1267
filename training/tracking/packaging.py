"""What a logged model brings along: code of this package, and the versions it was made with."""

from __future__ import annotations

import contextlib
import tempfile
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

PINNED = (
    "mlflow", "numpy", "onnxruntime", "pandas", "pydantic", "safetensors", "scikit-learn", "scipy", "skops",
    "tokenizers", "torch", "transformers",
)  # fmt: skip
CODE = ("__init__.py", "model/*.py", "seeds/__init__.py", "seeds/codebook.toml")


def requirements() -> list[str]:
    """`torch==2.13.0`, …: what predicting needs, without local parts (`+cpu`), which no registry has."""
    return [f"{name}=={metadata.version(name).split('+')[0]}" for name in PINNED]


@contextlib.contextmanager
def package_copy() -> Iterator[Path]:
    """What predicting needs of this package, as a zip that Python imports from where narrashift is not installed.

    One file, because a tracking server takes each file by a request of its own.
    """
    home = Path(__file__).parents[2]
    with tempfile.TemporaryDirectory() as temporary:
        target = Path(temporary) / "narrashift.zip"
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted({file for pattern in CODE for file in home.glob(pattern)}):
                archive.write(file, Path("narrashift") / file.relative_to(home))
        yield target
