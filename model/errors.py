"""The one exception that a user reads: what is wrong, where, and the way out."""

from __future__ import annotations

from collections.abc import Sequence


class UserError(Exception):
    """Something the user can put right. Commands print it and exit with code 2, without a traceback.

    Args:
        problems: one line each: the place (file, row, column), the value, what is allowed, the way out.
        consequence: what did not happen, said at the end ("nothing was trained").
    """

    def __init__(self, problems: str | Sequence[str], *, consequence: str = "") -> None:
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        self.consequence = consequence
        super().__init__("\n".join(self.lines()))

    def lines(self, *, most: int = 50) -> list[str]:
        """The message, at most `most` problems long, with a count when there are several."""
        shown = self.problems[:most]
        if len(self.problems) > most:
            shown.append(f"… and {len(self.problems) - most} more")
        if len(self.problems) > 1:
            shown.append(f"{len(self.problems)} errors{', ' if self.consequence else ''}{self.consequence}.")
        elif self.consequence:
            shown[0] += f" ({self.consequence})"
        return shown


class Interrupted(Exception):
    """Training was stopped by Ctrl-C; its state is on disk."""


def suggestion(value: str, allowed: Sequence[str]) -> str:
    """`(a, b, c; did you mean a?)`: what is allowed, and the nearest of it when one is near."""
    from difflib import get_close_matches

    near = get_close_matches(value, allowed, n=1, cutoff=0.6)
    listed = ", ".join(allowed[:12]) + (", …" if len(allowed) > 12 else "")
    return f"({listed}; did you mean {near[0]}?)" if near else f"({listed})"


def first_line(error: BaseException) -> str:
    """What a library said, as far as one line holds it; the error's kind where it said nothing."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
