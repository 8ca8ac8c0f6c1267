"""The page of a shift folder: one HTML file that needs no network, its data compressed inside."""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from ...model.folders import write_whole
from .embedding import allowed_by, packed
from .findings import sources_of, span_of, summary
from .section import Section, read, render
from .sections import divergence, emerging, finding, lead, method, overview, shifts, untested, volume
from .series import source_blocks
from .shift_folder import ShiftFolder, open_shift_folder
from .visible import clean, visible

SIMULATED = "simulated"
"""How a note begins that stands over the whole page."""
SECTIONS: tuple[Callable[[ShiftFolder], Section | None], ...] = (
    overview.section,
    finding.section,
    shifts.section,
    volume.section,
    divergence.section,
    lead.section,
    emerging.section,
    untested.section,
    method.section,
)
"""In the order of the page. One that answers None is left out."""
RUNTIME = (
    "element", "format", "unpack", "tooltip", "theme", "address", "filters", "table", "words", "scales", "lines",
    "zoom", "timeline", "figures", "facts", "evidence", "start",
)  # fmt: skip
"""The files of `script/` that every section may use, in the order in which they run."""
REPORT_FILE = "report.html"
STYLES = ("base", "table", "chart", "print")


def write_report(shift_dir: Path, out: Path) -> None:
    """Write the page of a shift folder.

    Raises:
        UserError: `shift_dir` is no shift folder.
    """
    write_whole(out, report_page(open_shift_folder(shift_dir)).encode("utf-8", "replace"))


def report_page(folder: ShiftFolder) -> str:
    """The page as text."""
    sections = [made for make in SECTIONS if (made := make(folder)) is not None]
    runtime = "\n".join(f"{{\n{read(f'script/{name}.js')}}}" for name in RUNTIME)  # a block each: its names are its own
    scripts = [
        f'"use strict";\nconst page = {{}};\n{runtime}\n',
        *(_script(section) for section in sections if section.script),
        "page.begin();\n",
    ]
    styles = [read(f"style/{name}.css") for name in STYLES] + [one.style for one in sections if one.style]
    blocks = [("data-page", packed(summary(folder)))]
    blocks += [(f"data-{one.id}", packed(clean(one.data))) for one in sections if one.data is not None]
    blocks += [(f"source-{number}", packed(block)) for number, block in enumerate(source_blocks(folder))]
    return render(
        "page.jinja",
        title=f"When sources changed their story: {visible(', '.join(folder.content['scores'].get('folders', [])))}",
        said=_said(folder),
        caveats=[note for note in folder.content.get("notes", []) if note.startswith(SIMULATED)],
        policy=_policy(scripts, styles),
        sections=sections,
        styles=styles,
        blocks=blocks,
        scripts=scripts,
        version=metadata.version("narrashift"),
    )


def _script(section: Section) -> str:
    """A section's script as a function, closed against the end of its element."""
    return f'"use strict";\npage.sections["{section.id}"] = async (section, data, page) => {{\n{section.script}\n}};\n'


def _policy(scripts: list[str], styles: list[str]) -> str:
    """Nothing from anywhere, and of what lies in the page these scripts and styles only."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {' '.join(map(allowed_by, scripts))}",
            f"style-src {' '.join(map(allowed_by, styles))}",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
        )
    )


def _said(folder: ShiftFolder) -> str:
    content, (first, last) = folder.content, span_of(folder)
    every = content["settings"].get("every", "week")
    shifts, sources = len(content["shifts"]), len(sources_of(folder))
    unsure = sum(one["verdict"] == "insufficient data" for one in content["series"])
    span = f", {first} to {last}, by {every}" if len(folder.series) else ""
    return (
        f"{_counted(shifts, 'shift')} in {_counted(sources, 'source')}{span}. "
        f"{_counted(len(content['series']), 'series')} looked at; {unsure:,} of them held too little to tell."
    )


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 or what.endswith('s') else 's'}"
