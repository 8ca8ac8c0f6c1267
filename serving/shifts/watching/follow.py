"""Look again and again, until it is told to stop."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from ....model.errors import UserError
from .watch import Looked, Watch

UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def seconds_of(text: str) -> float:
    """`60s`, `5m`, `1h` in seconds.

    Raises:
        UserError: anything else, or less than a second.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", text.strip())
    seconds = float(found[1]) * UNITS[found[2] or "s"] if found else 0.0
    if not 1 <= seconds <= 366 * 86400:
        raise UserError(f"--interval {text}: a time such as 60s, 5m or 1h is expected")
    return seconds


def follow(
    watch: Watch, *, interval: float, tell: Callable[[Looked], None], sleep: Callable[[float], None] = time.sleep
) -> None:
    """Look every `interval` seconds; returns on Ctrl-C, when all that was seen is saved.

    Args:
        tell: told of the first look, and of those at which something came.

    Raises:
        UserError: the first look failed. At later ones it is said, and the watch goes on.
    """
    first = True
    try:
        while True:
            try:
                looked = watch.look()
                if first or looked.parts or looked.reports:
                    tell(looked)
            except (UserError, OSError) as error:
                if first:
                    raise
                watch.say(str(error))
            first = False
            sleep(interval)
    except KeyboardInterrupt:
        return
