"""`narrashift report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import Overwrite


def report(
    shifts: Annotated[Path, typer.Argument(help="A folder that `narrashift shift` wrote.")],
    out: Annotated[Path | None, typer.Option(help="The page; else report.html in the folder.")] = None,
    figures: Annotated[
        bool, typer.Option("--figures", help="Each chart as PNG and SVG, in a folder `figures` beside the page.")
    ] = False,
    overwrite: Overwrite = False,
) -> None:
    """Write the shifts of a folder as one self-contained HTML page."""
    from ..model.folders import check_free
    from ..serving.reports.page import REPORT_FILE, write_report

    page = out or shifts / REPORT_FILE
    check_free(page, overwrite=overwrite)
    write_report(shifts, page)
    print(page)
