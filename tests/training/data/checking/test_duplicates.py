"""Repeats: how many, labelled how, by whom, and on which side of a split."""

from __future__ import annotations

from narrashift.training.data.checking.duplicates import check_duplicates

TEXT = "the bridge over the river was closed to all traffic on the third day"
NEAR = "the bridge over the river was closed to all traffic on the third morning"


def rows(*given, **columns):
    others = [{"text": f"passage {i} tells of a thing {i}, and no other", "stance": "neutral"} for i in range(5)]
    return [*others, *({"stance": "neutral"} | columns | row for row in given)]


def test_repeats_are_counted_with_the_row_that_repeats(material, told):
    found = [*check_duplicates(material(rows({"text": TEXT}, {"text": NEAR}, {"text": TEXT.upper()})))]
    assert told(found)[0].startswith("doubtful: 3 pairs of near-duplicates, 1 of them in the same words")
    assert [spot.place for spot in found[0].spots] == ["passage 8"]


def test_other_labels_are_wrong_on_the_same_words_and_worth_a_look_on_nearly_the_same(material, told):
    same = material(rows({"text": TEXT}, {"text": TEXT, "stance": "pro_russia"}))
    found = [*check_duplicates(same)]
    assert told(found)[0].startswith("wrong: 1 pairs of passages in the same words are labelled differently")
    assert found[0].spots[0].said.endswith("of passage 6: stance neutral there, pro_russia here")
    near = material(rows({"text": TEXT}, {"text": NEAR, "frame": ["gains_russia"]}, frame=[]))
    found = [*check_duplicates(near)]
    assert told(found)[0].startswith("note: 1 pairs of near-duplicates are labelled differently")
    assert "frame (none) there, gains_russia here" in found[0].spots[0].said


def test_two_annotators_of_a_passage_contradict_nobody(material, told):
    both = rows({"text": TEXT, "annotator": "a"}, {"text": TEXT, "annotator": "b", "stance": "pro_russia"})
    [finding] = check_duplicates(material(both))
    assert finding.text == "2 passages are there more than once, labelled by different annotators"
    assert "narrashift data agreement" in finding.way_out


def test_a_repeat_in_test_is_dishonest(material, told):
    divided = [
        row | {"split": part}
        for row, part in zip(rows({"text": TEXT}, {"text": NEAR}), ["train"] * 6 + ["test"], strict=True)
    ]
    assert told(check_duplicates(material(divided)))[0].startswith("dishonest: 1 of 1 test passages (100.0%) nearly")
