"""Where sentencex errs in texts of this war: borders to take away, and borders to add.

Abbreviations of ranks, places and months, direct speech («Мы победим!» — сказал он), initials and numbered lists
hold together; line breaks of posts, ellipses, closed brackets and long quotations do not.
"""

from __future__ import annotations

import re

NAMES = """
btn bn bde regt div spc gens cols amb approx ms
ген подполк підполк лейт серж мл мол ст кап заст зам пом нач тов акад доц проф св им ім
пос дер гор сел смт р-н ул вул пр просп пер пров бул бульв наб пл буд корп оф кв
напр рис табл стр см див др ін англ рос укр нар ок
"""
AHEAD_OF_NAMES = frozenset(NAMES.split())
"""Abbreviations that hardly ever end a sentence."""
FIGURES = """
no nos fig figs art arts sec ch vol para pp тел д с п ст гл
янв фев февр мар апр июн июл авг сен сент окт ноя нояб дек
січ лют бер берез квіт трав черв лип серп вер верес жовт лист груд
"""
AHEAD_OF_FIGURES = frozenset(FIGURES.split())
"""Abbreviations before a number that are words of their own before anything else."""
LONGEST_BEFORE = 24
"""Characters in front of a border that rules look at."""

CLOSING = r"[\"”»’')\]]*"
UPPER = r"A-ZÀ-ÖØ-ÞА-ЯЁІЇЄҐ"
LOWER = r"a-zß-öø-ÿа-яёіїєґ"
STARTS = rf"(?=[\"«„“(]?[{UPPER}])"

CUT_SHORT = re.compile(rf"(?:[!?…]|\.\.|(?:^|[\s(\"«„“.\d])[^\s.\d]{{1,5}}\.){CLOSING}$|\.[\"”»’')\]]+$")
"""In front of a small letter: `5 чел. в плен`, `“Who?” she asked`; a full stop behind a longer word is one."""
ATTRIBUTION = re.compile(rf"[—–-]\s?[{LOWER}]")
CLOCK = re.compile(r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|[A-Z]{2,4}T?\b|Kyiv|Moscow")
"""Behind `5 a.m.`"""
SECOND_HALF = re.compile(r"[\ufe00-\ufe0f\u200d\u20e3\u0300-\u036f\U0001f3fb-\U0001f3ff]")
"""Of a character, as in ‼️."""

MISSED = re.compile(
    r"[….)\]\ufe0f](?:(?<=…)|(?<=[‼⁉❗❓]\ufe0f)|(?<=\.\.\.)|(?<=[.!?…][)\]])"
    r"|(?<=\betc\.)|(?<=\bт\. [дп]\.)|(?<=\bт\.[дп]\.)|(?<=тощо\.))"
    rf"{CLOSING}\s+{STARTS}"
)
"""Они ждали… И дождались."""
LIST_ITEM = re.compile(r"[•·▪◾●○➤►▶✔✅❗‼⚡*—–-]|(?:\d{1,3}[.)]|[a-zа-я]\))\s|[\u2600-\u27bf\U0001f300-\U0001faff]")
NEW_SENTENCE = re.compile(rf"[\"«„“(#@]?[{UPPER}\d]")
GOING_ON_AT_LINE_END = re.compile(r"[,;:–—(«„-]\s*$")
LINE = re.compile(r"\n[ \t\u00a0]*(?=\S)")
WRAPS = range(50, 101)
"""Widths to which a text may be wrapped; in one whose longest line is shorter or longer, line breaks mean something."""
NO_SENTENCE = re.compile(r"\s*(?:\(?(?:\d{1,3}|[A-Za-zА-Яа-я])[.)]|[\W_]*)\s*\Z")
"""`1.`, `a)`, `•`, or an emoji."""


def goes_on(text: str, border: int) -> bool:
    """Whether the sentence in front of this place goes on behind it."""
    before = text[max(0, border - LONGEST_BEFORE) : border]
    tail, head = before.rstrip(), text[border : border + 12].lstrip()
    first = head[:1]
    if first in "—–-":
        return ATTRIBUTION.match(head) is not None and "\n" not in before[len(tail) :]
    if SECOND_HALF.match(first):
        return True
    if before[len(tail) :].count("\n") > 1:
        return False
    if first.islower() and CUT_SHORT.search(tail):
        return True
    if not tail.endswith("."):
        return False
    words = tail[:-1].split()
    word = words[-1].rsplit(".", 1)[-1].lstrip('("«„“') if words else ""
    if word.casefold() in AHEAD_OF_NAMES:
        return True
    if first.isdigit():
        return word.casefold() in AHEAD_OF_FIGURES
    if first.isupper():
        return (len(word) == 1 and word.isupper()) or (
            tail.endswith((" a.m.", " p.m.")) and CLOCK.match(head) is not None
        )
    return False


def missed_borders(text: str) -> list[int]:
    """Where sentences begin behind ellipses, closed brackets, `etc.`, and at the beginning of lines."""
    found = [match.end() for match in MISSED.finditer(text)]
    return found + _line_borders(text) if "\n" in text else found


def _line_borders(text: str) -> list[int]:
    """Beginnings of lines that begin a sentence or an item of a list; in text wrapped to a width, of items only."""
    width = max(map(len, text.split("\n")))
    found = []
    for match in LINE.finditer(text):
        border = match.end()
        if LIST_ITEM.match(text, border):
            found.append(border)
        elif NEW_SENTENCE.match(text, border):
            line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
            word = text[border : border + 40].split(None, 1)[0]
            wrapped = width in WRAPS and len(line) + 1 + len(word) > width
            if not wrapped and not GOING_ON_AT_LINE_END.search(line):
                found.append(border)
    return found
