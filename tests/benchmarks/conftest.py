"""The benchmarks' modules, which are no package, as the benchmarks themselves import them."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
