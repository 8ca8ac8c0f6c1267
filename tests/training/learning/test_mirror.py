"""The two sides trade places, in a passage and in its labels."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrashift import UserError, from_dataset
from narrashift.model.codebook import Codebook, Task
from narrashift.training.learning.mirror import Mirror, with_mirrored
from narrashift.training.learning.mirror_file import mirror_of, read_mirror
from narrashift.training.settings import TrainSettings

FRAMES = ("gains_ukraine", "gains_russia", "losses_ukraine", "losses_russia")
GOOD = 'words = [["North", "South"], ["Norrland", "South"]]\nwithout = ["isle*", "Sea"]\n[labels.frame]\n'
GOOD += 'gains_ukraine = "gains_russia"\n'


@pytest.fixture(scope="module")
def shipped(codebook: Codebook) -> Mirror:
    mirror = mirror_of(TrainSettings(), codebook=codebook)
    assert mirror is not None
    return mirror


def written(folder: Path, content: str) -> Path:
    path = folder / "mirror.toml"
    path.write_text(content, "utf-8")
    return path


def test_who_is_hit_trades_places_with_who_hits(shipped, codebook):
    rows = [
        {"text": "Russian shells kill two in Kharkiv, Kyiv says", "stance": "neutral", "frame": ["losses_ukraine"]},
        {"text": "RUSSIA LOSES A DEPOT", "stance": "pro_ukraine", "frame": ["losses_russia", "information_warfare"]},
    ]
    mirrored = shipped.passages(from_dataset(rows, codebook=codebook))
    assert mirrored.texts == ["Ukrainian shells kill two in Belgorod, Moscow says", "UKRAINE LOSES A DEPOT"]
    assert mirrored.labels("frame") == [["losses_russia"], ["losses_ukraine", "information_warfare"]]
    assert mirrored.labels("stance") == mirrored.labels("technique") == [None, None]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"text": "Russia gains ground", "frame": []}, "no label changes"),
        ({"text": "Russia and Ukraine gain", "frame": ["gains_ukraine", "gains_russia"]}, "both sides alike"),
        ({"text": "Russia gains ground", "frame": "?"}, "not labelled"),
        ({"text": "A town falls", "frame": ["gains_russia"]}, "no side is named"),
        ({"text": "The occupiers of Russia gain ground", "frame": ["gains_russia"]}, "a word without counterpart"),
        ({"text": "Russia gains ground near Crimea's border", "frame": ["gains_russia"]}, "the same, a name"),
    ],
)
def test_a_passage_is_left_alone(shipped, codebook, row, why):
    corpus = from_dataset([row | {"stance": "neutral", "technique": []}], codebook=codebook)
    assert len(shipped.passages(corpus)) == 0, why


@given(st.lists(st.sets(st.sampled_from([*FRAMES, "information_warfare"])), min_size=1, max_size=5))
def test_a_mirror_in_a_mirror_shows_the_labels_as_they_were(shipped, codebook, frames):
    rows = [{"text": f"Ukraine, {i}", "stance": "neutral", "frame": sorted(labels)} for i, labels in enumerate(frames)]
    corpus = from_dataset(rows, codebook=codebook)
    once = shipped.passages(corpus)
    twice = shipped.passages(once)
    kept = [corpus.texts.index(text) for text in twice.texts]
    assert twice.texts == [corpus.texts[i] for i in kept] and len(twice) == len(once)
    np.testing.assert_array_equal(twice.targets["frame"], corpus.targets["frame"][kept])
    assert all(set(labels).isdisjoint(FRAMES) or i in kept or one_of_each(labels) for i, labels in enumerate(frames))


def one_of_each(labels: set[str]) -> bool:
    return all((f"{kind}_ukraine" in labels) == (f"{kind}_russia" in labels) for kind in ("gains", "losses"))


@given(st.text(max_size=60))
def test_any_text_can_be_looked_at(shipped, text):
    mirrored = shipped.text(f"Ukraine {text}")
    assert mirrored is None or mirrored.startswith("Russia")


def test_the_first_of_several_words_comes_back_and_stars_are_beginnings(tmp_path, codebook):
    mirror = read_mirror(written(tmp_path, GOOD), codebook=codebook)
    assert mirror.text("Norrland and North, NORTH") == "South and South, SOUTH"
    assert mirror.text("South") == "North"
    assert mirror.text("Northern seas") is None
    assert mirror.text("North Sea") is None and mirror.text("North sea") is not None
    assert mirror.text("Islets of North") is None


def test_a_digest_is_of_words_and_labels_alike(tmp_path, codebook):
    changes = (GOOD, GOOD.replace("Norrland", "Norge"), GOOD.replace("isle", "isl"), GOOD.replace("gains", "losses"))
    digests = [read_mirror(written(tmp_path, content), codebook=codebook).digest for content in (*changes, GOOD)]
    assert len(set(digests)) == len(changes) and digests[0] == digests[-1]


def test_learning_gets_the_mirrored_passages_behind_its_own(shipped, codebook):
    row = {"text": "Russia gains", "stance": "neutral", "frame": ["gains_russia"], "technique": []}
    train = from_dataset([row, row | {"text": "Rain"}], codebook=codebook)
    assert with_mirrored(train, mirror=None) is train
    more = with_mirrored(train, mirror=shipped)
    assert more.texts == ["Russia gains", "Rain", "Ukraine gains"]
    assert more.labels("frame")[-1] == ["gains_ukraine"] and more.labels("stance") == [["neutral"], ["neutral"], None]


def test_soft_labels_go_along(shipped, codebook):
    soft = {f"soft.frame.{leaf}": 0.1 for leaf in codebook.tasks["frame"].leaves} | {"soft.frame.gains_russia": 0.8}
    row = {"text": "Russia gains", "stance": "neutral", "frame": ["gains_russia"]} | soft
    more = with_mirrored(from_dataset([row], codebook=codebook), mirror=shipped)
    assert more.soft["frame"][1][codebook.tasks["frame"].leaves.index("gains_ukraine")] == pytest.approx(0.8)


def test_auto_is_for_codebooks_with_these_labels():
    gains = Task(kind="multi", labels={name: {"means": name} for name in ("gains_ukraine", "gains_russia")})
    other = Codebook(name="own", version="1", tasks={"frame": gains})
    assert mirror_of(TrainSettings(), codebook=other) is None


def test_none_is_none_and_a_file_is_read(tmp_path, codebook):
    assert mirror_of(TrainSettings(mirror="none"), codebook=codebook) is None
    found = mirror_of(TrainSettings(mirror=str(written(tmp_path, GOOD))), codebook=codebook)
    assert found is not None and found.words["North"] == "South"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("words = [", "not TOML"),
        ('[labels.frame]\ngains_ukraine = "gains_russia"', "words: Field required"),
        ('words = [["a"]]\n[labels.frame]\ngains_ukraine = "gains_russia"', "words.0"),
        ('words = [["a", "b"]]', "labels: Field required"),
        (GOOD + 'losses_ukraine = "loses_russia"', "loses_russia is no label of it (gains_ukraine, "),
        (GOOD + 'losses_ukraine = "gains_russia"', "labels.frame: gains_russia is named twice"),
        (GOOD.replace("[labels.frame]", "[labels.frames]"), "labels.frames: no such task"),
        (GOOD.replace("without", "withot"), "withot"),
        (GOOD.replace('"Sea"', '"*"'), "without.1"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(tmp_path, codebook, content, said):
    path = written(tmp_path, content)
    with pytest.raises(UserError) as caught:
        read_mirror(path, codebook=codebook)
    assert said in str(caught.value) and str(path) in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path, codebook):
    with pytest.raises(UserError, match=r"nowhere\.toml: No such file.*--set mirror=FILE, or none"):
        read_mirror(tmp_path / "nowhere.toml", codebook=codebook)
