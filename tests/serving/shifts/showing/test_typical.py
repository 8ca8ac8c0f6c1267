from __future__ import annotations

from datetime import date

import polars as pl

from narrashift.serving.shifts.showing.typical import typical_passages


def rows(*given: tuple[float, int, str], text: bool = True) -> pl.DataFrame:
    """(probability, days away, text) of one passage of an article each."""
    table = pl.DataFrame(
        [
            {
                "article": number, "id": f"a{number}", "day": date(2022, 1, 1), "away": away, "passage": 0,
                "start": 0, "end": len(words), "link": f"https://x/{number}", "frame.losses": p, "text": words,
            }
            for number, (p, away, words) in enumerate(given)
        ]
    )  # fmt: skip
    return table if text else table.drop("text", "link")


def ids(table: pl.DataFrame, *, present: bool = True, most: int = 2) -> list[str]:
    return [p.id for p in typical_passages(table, column="frame.losses", present=present, most=most)]


def test_the_surest_are_first_and_of_equally_sure_ones_the_nearest():
    table = rows((0.5, 0, "one thing"), (0.9, 90, "far other words"), (0.9, 3, "near matters here"))
    assert ids(table, most=3) == ["a2", "a0", "a1"]


def test_a_reprint_is_not_shown_again():
    table = rows((0.9, 0, "The town was lost."), (0.9, 0, "the town  was lost."), (0.5, 0, "Ships were sunk at sea."))
    assert ids(table) == ["a0", "a2"]


def test_an_article_is_shown_once_by_its_best_passage():
    table = rows((0.6, 0, "first"), (0.9, 0, "second words"), (0.3, 0, "third thing")).with_columns(
        article=pl.Series([0, 0, 1]), passage=pl.Series([0, 1, 0])
    )
    found = typical_passages(table, column="frame.losses", present=True, most=5)
    assert [(p.text, p.probability) for p in found] == [("second words", 0.9), ("third thing", 0.3)]


def test_passages_without_the_label_can_be_wanted():
    assert ids(rows((0.9, 0, "with it"), (0.1, 0, "without")), present=False, most=1) == ["a1"]


def test_without_text_passages_are_still_located():
    found = typical_passages(rows((0.9, 0, "a town"), text=False), column="frame.losses", present=True, most=3)
    assert (found[0].id, found[0].text, found[0].link, found[0].end) == ("a0", None, None, 6)


def test_no_more_are_shown_than_there_are_different_ones():
    assert len(ids(rows((0.9, 0, "same words"), (0.8, 0, "same words"), (0.7, 0, "same words")), most=5)) == 1
    assert ids(rows((0.0, 0, "never")), most=5) == []
