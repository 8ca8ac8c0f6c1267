"""Each check on material that has what it looks for, and on material that has not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from narrashift.training.data.checking.characters import check_characters
from narrashift.training.data.checking.finding import Table
from narrashift.training.data.checking.identifiers import check_identifiers
from narrashift.training.data.checking.labels import check_labels
from narrashift.training.data.checking.languages import check_languages
from narrashift.training.data.checking.lengths import check_lengths
from narrashift.training.data.checking.sources import check_sources

STANCES = ("pro_ukraine", "pro_russia", "neutral")


def passages(count, **columns):
    return [
        {"text": f"passage number {i} of some length {i}", "stance": STANCES[i % 3], "frame": [], "technique": ["call"]}
        | {name: of(i) for name, of in columns.items()}
        for i in range(count)
    ]


def test_a_label_that_test_lacks_makes_macro_f1_dishonest(material, told):
    def part(i):
        return "test" if i % 3 and i > 30 else "train"  # no pro_ukraine in test

    found = told(check_labels(material(passages(90, split=part))))
    assert any(
        one.startswith("dishonest: stance pro_ukraine: of 30 passages with this label none is in test") for one in found
    )
    assert not any("pro_russia" in one for one in found)


def test_labels_are_counted_by_part_with_what_is_none_and_what_is_not_labelled(material):
    rows = passages(12, split=lambda i: "test" if i < 3 else "train", technique=lambda i: None if i == 0 else ["call"])
    [table] = [one for one in check_labels(material(rows)) if isinstance(one, Table)]
    assert table.columns == ("task", "label", "passages", "share", "train", "validation", "test")
    assert ("stance", "neutral", 4, 1 / 3, 3, 0, 1) in table.rows
    assert ("frame", "(none)", 12, 1.0, 9, 0, 3) in table.rows
    assert ("technique", "call", 11, 1.0, 9, 0, 2) in table.rows
    assert ("technique", "(not labelled)", 1, None, 0, 0, 1) in table.rows


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({}, "wrong: task frame: every cell is empty, which says that no label holds"),
        ({"stance": lambda i: "neutral"}, "wrong: task stance: every passage is labelled neutral"),
        ({"frame": lambda i: None}, "wrong: task frame: no passage is labelled"),
        ({"frame": lambda i: ["gains_russia"] * (i == 3)}, "doubtful: frame gains_russia: 1 passages: too few"),
        ({"split": lambda i: "train"}, "wrong: the column split names no passage for test"),
        (
            {
                "stance": lambda i: None if i == 7 else "neutral",
                "frame": lambda i: None,
                "technique": lambda i: None if i == 7 else [],
            },
            "doubtful: 1 of 40 passages have no label of any task",
        ),
    ],
)  # fmt: skip
def test_labels_that_teach_nothing(columns, expected, material, told):
    assert any(one.startswith(expected) for one in told(check_labels(material(passages(40, **columns)))))


def test_what_would_be_cut_is_counted_by_the_tokenizer_and_estimated_without_one(material, told, tmp_path):
    rows = passages(40, text=lambda i: "word " * (300 if i == 4 else 150))
    found = [*check_lengths(material(rows))]
    assert told(found) == [
        "doubtful: 1 of 40 passages (2.5%) have more than 256 tokens, of which training reads the first"
    ]
    assert found[1].spots[0].said == "302 tokens"
    assert "the tokenizer of minilm-l6" in found[0].said
    table, finding = check_lengths(replace(material(rows), backbone=str(tmp_path)))
    assert finding.text.startswith("about 1 of 40")
    assert "estimated" in table.said


def test_long_passages_are_read_in_windows(material, told):
    found = [*check_lengths(material(passages(20, text=lambda i: "word " * (600 if i < 4 else 100))))]
    assert told(found) == [
        "note: long passages: training would read each in up to 3 windows of 256 tokens",
        "note: no passage has more than 768 tokens: nothing would be cut",
    ]


def test_mojibake_is_shown_as_it_was_meant_and_lost_letters_are_wrong(material, told):
    texts = [
        "Plain text, “quoted”.",
        "It isnâ€™t over",
        "РџСЂРёРІРµС‚, РєР°Рє РґРµР»Р°?",
        "lost \ufffd letter",
        "a&nbsp;b &amp; c",
    ]
    found = [*check_characters(material(passages(5, text=lambda i: texts[i])))]
    assert told(found) == [
        "wrong: 1 passages hold the sign for a lost character (\ufffd)",
        "doubtful: 3 passages hold mojibake, entities or invisible characters",
    ]
    assert [spot.place for spot in found[1].spots] == ["passage 2", "passage 3", "passage 5"]
    assert found[1].spots[1].said == "read it as: Привет, как дела?"


def test_passages_that_the_backbone_cannot_read_are_found(material, told):
    english = "The ministry said that the talks were over"
    ukrainian = "Міністерство заявило, що вони не завершені і що це було"
    found = [*check_languages(material(passages(10, text=lambda i: f"{ukrainian if i == 2 else english} {i}")))]
    assert found[0].rows[0][:2] == ("en", 9)
    assert told(found)[0].startswith("doubtful: 1 of 10 passages (10.0%) are not in English")
    assert [spot.place for spot in found[1].spots] == ["passage 3"]


def test_an_id_of_two_texts_is_found_and_one_of_two_annotators_is_not(material, told):
    found = [*check_identifiers(material(passages(4, id=lambda i: str(i // 2))))]
    assert told(found) == ["doubtful: 2 ids name several passages (as '0')"]
    assert not [*check_identifiers(material(passages(4, id=lambda i: "a", text=lambda i: "the same words")))]


def test_a_source_that_tells_the_label_is_named_with_its_area_and_one_that_does_not_is_not(material, told):
    telling = [*check_sources(material(passages(90, source=lambda i: "abc"[i % 3])))]
    assert telling[0].rows[0] == ("stance", "pro_ukraine", pytest.approx(1.0))
    assert [one.split(" (")[0] for one in told(telling)] == [
        f"doubtful: the source alone tells stance {stance}" for stance in STANCES
    ]
    rng = np.random.default_rng(0)
    mute = material(passages(300, source=lambda i: "abc"[i % 3], stance=lambda i: str(rng.choice(STANCES))))
    assert told(check_sources(mute)) == []
    alone = material(passages(90, source=lambda i: f"s{i}"))
    assert told(check_sources(alone)) == []
