from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrashift.model.code_pages import recoded
from narrashift.model.mending import mend, needs_mending

RUSSIAN = "Президент сказал: «Мы победим» — и ушёл в 5 часов, но войска остались на месте."
UKRAINIAN = "Президент сказав: «Ми переможемо» — і пішов о п'ятій, але її війська лишилися на місці."
ENGLISH = "He said “we will hold” — it’s the café’s €5 offer…"
FRENCH = "L’été à Évry : « où est l’œuvre ? »"


MISREAD = [
    *((text, read_as) for text in (RUSSIAN, UKRAINIAN) for read_as in ("latin-1", "koi8-r", "cp866")),
    *((text, read_as) for text in (ENGLISH, FRENCH) for read_as in ("latin-1", "cp1251")),
    (ENGLISH.replace("”", "“"), "cp1252"),  # cp1252 has no character for the last byte of ”
    (RUSSIAN.replace("И", "и"), "cp1251"),  # nor cp1251 for that of И
    (UKRAINIAN, "cp1251"),
]


@pytest.mark.parametrize(("text", "read_as"), MISREAD)
def test_utf_8_that_was_read_as_another_encoding_is_read_anew(text, read_as):
    assert mend(text.encode().decode(read_as)) == text


@pytest.mark.parametrize(
    ("meant", "read_as"),
    [("cp1251", "latin-1"), ("cp1251", "cp1252"), ("cp1251", "koi8-u"), ("koi8-u", "latin-1"), ("koi8-u", "cp1251")],
)
def test_cyrillic_code_pages_taken_for_another_are_told_by_their_letters(meant, read_as):
    text = RUSSIAN.replace("—", "-").replace("«", '"').replace("»", '"')  # KOI8 has none of these
    broken = text.encode(meant).decode(read_as)
    assert broken != text
    assert mend(broken) == text


@pytest.mark.parametrize(
    ("broken", "meant"),
    [
        ("Привет, вЂњno", "Привет, “no"),
        ("Kyiv&#8217;s &quot;war&quot; &amp; peace", 'Kyiv’s "war" & peace'),
        ("a\x00b \x1b[31mred\x1b[0m", "ab red"),
        ("ﬁrst oﬃcer", "first officer"),
        ("Ｋｙｉｖ", "Kyiv"),
        ("𝗕𝗿𝗲𝗮𝗸𝗶𝗻𝗴: 5² ½ ™", "Breaking: 5² ½ ™"),
        ("пре\xadзи\u200bдент", "президент"),
        ("Киев\u0306", "Киев̆"),
        ("и\u0306", "й"),
    ],
)
def test_what_else_is_mended(broken, meant):
    assert mend(broken) == meant


@pytest.mark.parametrize(
    "text",
    [
        RUSSIAN, UKRAINIAN, ENGLISH, FRENCH, RUSSIAN.upper(), UKRAINIAN.upper(), "AT&T; R&D",
        "\U0001f468\u200d\U0001f469 “no” ‘yes’ «да» №5 ±3 ½",
        "ЗСУ ППО ВСУ НАТО США СБУ ГУР ОВА ДСНС", "#СлаваУкраїні #ГероямСлава", "Straße, Ğüneş, Łódź", "\u200b", "█ ▒ ░",
    ],
)  # fmt: skip
def test_what_is_in_order_stays_as_it_is(text):
    assert mend(text) is text or mend(text) == text


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).map(str.strip).filter(bool))
def test_mending_leaves_some_text_and_mends_only_what_looks_so(text):
    mended = mend(text)
    assert mended
    assert needs_mending(text) or mended is text
    assert mended.encode()


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.text(st.sampled_from("Ð¿Ñ€Ð¸Ð²ÐµÑ‚РџСЂРё–╨│ÀïñâÃ© и\u0306"), max_size=40))
def test_nothing_that_looks_broken_raises(text):
    assert isinstance(recoded(text), str)
    assert isinstance(mend(text), str)
