"""A part of the page, and how its files become one."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from .visible import visible


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes:
        id: its HTML id, and its name in the address.
        title: heading, and text of the navigation.
        body: HTML made by a template with autoescape on: nothing of a dump enters it unescaped.
        script: the body of a JavaScript function `(section, data, page) { … }`, called once, when the section is first
            seen: its element, its data, the helpers of `script/`. It may be asynchronous (`await` is allowed).
        style: its CSS, every rule under `#<id>`.
        data: JSON-able; lies compressed in the page.
    """

    id: str
    title: str
    body: Markup
    script: str = ""
    style: str = ""
    data: object = None


def make_section(name: str, *, title: str, data: object = None, **values: Any) -> Section:
    """The section of `sections/<name>.jinja`, with `<name>.js` and `<name>.css` where they are there.

    Args:
        values: what the template is given. All text of it is escaped, and made visible by the filter `visible`.
    """
    return Section(
        id=name,
        title=title,
        body=render(f"sections/{name}.jinja", **values),
        script=read(f"sections/{name}.js", missing=""),
        style=read(f"sections/{name}.css", missing=""),
        data=data,
    )


def render(template: str, **values: Any) -> Markup:
    """A template of this folder with these values, all of them escaped."""
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters |= {"visible": visible, "percent": _percent}
    return Markup(environment.from_string(read(template)).render(**values))


def read(name: str, *, missing: str | None = None) -> str:
    """A file that ships with this package; `missing` where there is none."""
    file = resources.files(__package__).joinpath(name)
    if missing is not None and not file.is_file():
        return missing
    return file.read_text("utf-8")


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")
