"""Where a bundle comes from: data, seed, settings, code and versions."""

from __future__ import annotations

import datetime
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

from .data.splits import Split
from .learning.mirror import Mirror
from .origin import described_backbone
from .settings import TrainSettings

PACKAGES = ("torch", "transformers", "tokenizers", "scikit-learn", "mlflow", "numpy")


def provenance(
    *,
    split: Split,
    settings: TrainSettings,
    device: str,
    precision: str,
    seconds: float,
    processes: int = 1,
    batch: int,
) -> dict[str, Any]:
    """What somebody needs who wants to make the same bundle again.

    Args:
        processes: that shared the fine-tuning.
        batch: passages a step, of all processes together.
    """
    return {
        "narrashift": metadata.version("narrashift"),
        "commit": commit(),
        "trained_at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "training_seconds": round(seconds, 1),
        "data": described_data(split),
        "split": split.how,
        "seed": settings.seed,
        "device": device,
        "precision": precision,
        "processes": processes,
        "batch": batch,
        "settings": public_settings(settings),
        **({"backbone": adapted} if (adapted := described_backbone(settings.backbone)) else {}),
        "versions": {
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in PACKAGES},
        },
    }


def described_data(split: Split) -> dict[str, dict[str, Any]]:
    """Passages and digest of each part."""
    parts = (("train", split.train), ("validation", split.validation), ("test", split.test))
    return {name: {"passages": len(corpus), "digest": corpus.digest} for name, corpus in parts}


def described_mirror(mirror: Mirror | None, *, passages: int = 0) -> dict[str, Any]:
    """Digest of what exchanges the sides, and how many passages a training saw a second time so."""
    return {"digest": mirror.digest if mirror else None, "passages": passages}


def public_settings(settings: TrainSettings) -> dict[str, Any]:
    """Settings as JSON, without a path of this machine."""
    public = {name: public_name(getattr(settings, name)) for name in ("backbone", "mirror")}
    return settings.model_dump(mode="json") | public


def public_name(named: str) -> str:
    """A local file or folder by its name only: a bundle is passed on, and paths tell about the machine."""
    return Path(named).name if Path(named).exists() else named


def commit() -> str | None:
    """The checkout's commit, with `+changes` where it has any; None for an installed package."""
    here = Path(__file__).parent.parent
    if not (here / ".git").exists():
        return None
    try:
        head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=here, capture_output=True, text=True, check=True)
        changed = subprocess.run(["git", "status", "--porcelain", "-uno"], cwd=here, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return head.stdout.strip() + ("+changes" if changed.stdout.strip() else "")
