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
    from ..model.folders import check_free, new_folder
    from ..serving.reports.page import REPORT_FILE, write_report
    from ..terminal.progress import ProgressDisplay

    page = out or shifts / REPORT_FILE
    check_free(page, overwrite=overwrite)
    if figures:
        from ..serving.reports.figures import FIGURES_FOLDER, write_figures

        with new_folder(page.parent / FIGURES_FOLDER, overwrite=overwrite) as folder, ProgressDisplay() as progress:
            drawn = write_figures(shifts, folder, progress=progress)
    write_report(shifts, page)
    print(f"{page}, {len(drawn)} figures in {page.parent / FIGURES_FOLDER}" if figures else page)
