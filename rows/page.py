"""The article on a web page: its text and what the page says about it."""

from __future__ import annotations

import codecs
import re
from functools import cache
from types import ModuleType
from typing import Any

from . import bounds
from .detect import MARKS, detect_encoding
from .encodings import AUTO, is_encoding

DECLARED = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{1,40})|<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})""",
    re.IGNORECASE,
)
DECLARED_IN = 4_096
"""Bytes in which a page declares its encoding (the HTML standard asks for the first 1,024)."""


def page_columns(
    content: bytes, *, encoding: str = AUTO, url: str | None = None, charset: str | None = None
) -> dict[str, Any] | str:
    """`text`, `title`, `date`, `url`, `source` and `author` of a page, None where not found; or why there is no text.

    Source: trafilatura, whose removal of repeated paragraphs stays off: it would depend on the pages before.

    Args:
        encoding: of a page that declares none; `auto` detects it.
        url: where the page was.
        charset: what the server declared, which goes before the page's own declaration.
    """
    if content.count(b"<") > bounds.MOST_TAGS:
        return f"a page of more than {bounds.MOST_TAGS:,} tags"
    trafilatura = _trafilatura()
    try:
        found = trafilatura.bare_extraction(
            page_text(content, encoding=encoding, charset=charset),
            url=url,
            with_metadata=True,
            include_comments=False,
            deduplicate=False,
            date_extraction_params={"original_date": True, "extensive_search": False},
        )
    except Exception as error:  # lxml, dates, URLs: whatever a hostile page brings about in a parser
        reason = f"the page cannot be parsed ({type(error).__name__}: {str(error)[:100]})"
        return reason.encode("utf-8", "replace").decode()
    if found is None or not (found.text or "").strip():
        return "no text was found on the page"
    return {
        "text": found.text,
        "title": found.title,
        "date": found.date,
        "url": url or found.url,
        "source": found.hostname or found.sitename,
        "author": found.author,
    }


def page_text(content: bytes, *, encoding: str = AUTO, charset: str | None = None) -> str:
    """The page's characters: by its mark, as UTF-8, as declared, or as detected; what still is none is replaced."""
    for mark, name in MARKS:
        if content.startswith(mark):
            return content.decode(name, "replace").removeprefix("\ufeff")
    declared = DECLARED.search(content[:DECLARED_IN])
    own = next((group.decode("ascii") for group in declared.groups() if group), None) if declared else None
    candidates = ["utf-8", *(_known(name) for name in (charset, own) if name)]
    candidates.append(detect_encoding(content) if encoding == AUTO else encoding)
    for name in candidates:
        try:
            return content.decode(name)
        except UnicodeError:
            continue
    return content.decode(candidates[1], "replace")


def _known(name: str) -> str:
    """Python's name of a declared encoding; what pages call Latin-1 is Windows' superset of it."""
    if not is_encoding(name):
        return "utf-8"
    found = codecs.lookup(name).name
    return "cp1252" if found in ("iso8859-1", "ascii") else "utf-8" if found.startswith("utf-16") else found


@cache
def _trafilatura() -> ModuleType:
    import logging

    import trafilatura

    for name in ("trafilatura", "htmldate", "courlan", "charset_normalizer"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # a page without text is said in errors.parquet
    return trafilatura
