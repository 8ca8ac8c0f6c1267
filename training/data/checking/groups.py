"""Groups that lie on two sides of a split."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from ..corpus import SPLITS
from .duplicates import HONEST
from .finding import Finding
from .material import Material


def check_groups(material: Material) -> Iterator[Finding]:
    """Groups with passages in two parts; dishonest where the user divided, a drawn split by time may."""
    if not material.divided:
        return
    column = np.array(material.corpus.column("group"), dtype=object)
    groups = [{group for group in column[material.side == part] if group is not None} for part in range(len(SPLITS))]
    for one, other in combinations(range(len(SPLITS)), 2):
        torn = groups[one] & groups[other]
        if torn:
            inside = material.side == other
            touched = np.flatnonzero(inside & np.array([group in torn for group in column]))
            share = len(touched) / inside.sum()
            users = material.how in ("column", "files")
            yield Finding(
                f"{len(torn):,} groups lie in {SPLITS[one]} and {SPLITS[other]} (as {sorted(torn)[0]!r}), "
                f"{share:.1%} of the {SPLITS[other]} passages",
                "dishonest" if SPLITS[other] == "test" and share > HONEST and users else "doubtful",
                "Divide anew by whole groups: narrashift data split --kind group",
                tuple(material.spot(int(i), f"group {column[i]}") for i in touched),
            )
