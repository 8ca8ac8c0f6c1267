"""Text as it was meant: mojibake, HTML entities and invisible characters mended before the model reads it.

Offsets always count the original; what is mended is a copy on its way to the classifier. Curly quotes and dashes stay:
they are evidence of quotation.
"""

from __future__ import annotations

import re
import unicodedata

from .code_pages import SUSPECT, recoded

INVISIBLE = re.compile(r"[\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
"""Soft hyphens, zero-width spaces, directions; not the joiners, which emoji and some scripts need."""
STYLED = re.compile(r"[\U0001d400-\U0001d7ff]+")
"""Mathematical letters, with which posts write in bold."""
ENTITY_OR_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|&(?:#\d|#[xX]|[A-Za-z]{2,8};)")
SECOND_BYTE = "[\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"
MOJIBAKE = rf"[Â-ôĂăĹĐ]{SECOND_BYTE}|в[Ђ‚„†…]|[ВГ][\xa0-\xbf]|ā€|‚Ä|√|Γ[ÇÖö]"
"""The first two bytes of a UTF-8 character as cp1252, cp1251, cp1250, cp1257, Mac Roman and cp437 show them."""
BEYOND_ASCII = re.compile(
    "|".join(
        (r"[\x80-\x9f\u0300-\u036f\ufb00-\ufb06\uff01-\uffef]", INVISIBLE.pattern, STYLED.pattern, MOJIBAKE, SUSPECT)
    )
)


def needs_mending(text: str) -> bool:
    """Whether a look at every character finds anything that `mend` might change; quick, and true too often."""
    if ENTITY_OR_CONTROL.search(text):
        return True
    return not text.isascii() and BEYOND_ASCII.search(text) is not None


def mend(text: str) -> str:
    """The text as it was meant; itself where nothing is wrong with it, or nothing would be left of it.

    Double-encoded UTF-8, HTML entities, control characters, ligatures, full-width letters and split accents are
    ftfy's (Speer 2019); code pages read as another are told by their letters (`code_pages.py`).
    """
    if not needs_mending(text):
        return text
    import ftfy

    config = ftfy.TextFixerConfig(unescape_html=True, uncurl_quotes=False, fix_line_breaks=False, explain=False)
    mended = ftfy.fix_text(recoded(text), config)
    mended = STYLED.sub(lambda found: unicodedata.normalize("NFKC", found[0]), INVISIBLE.sub("", mended)).strip()
    return mended or text
