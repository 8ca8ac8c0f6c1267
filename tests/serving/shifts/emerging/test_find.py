"""From score folders to stories: a planted one is found at its week, and nothing where nothing is."""

from __future__ import annotations

import json
import shutil
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from narrashift import UserError
from narrashift.cli import app
from narrashift.model.bundle import open_bundle
from narrashift.model.reference import read_reference
from narrashift.serving.shifts.emerging.find import Emerging, find_stories, open_search, passage_copies
from narrashift.serving.shifts.emerging.sample import draw_sample
from narrashift.serving.shifts.scores import open_scores
from narrashift.serving.shifts.settings import ShiftSettings

from ..folders import BEGIN, row, write_scores

WEEKS, TURN = 30, 22
TALK = [
    "repairs of the bridge over the river {0} went on at gate {1}",
    "the choir of school number {0} sang on square {1} again",
    "milk and bread cost {0} coins at the market of district {1}",
]
NEW = "a strange fog from laboratory {0} spreads over valley {1}, they say"


def rows_of(*, planted: bool, copies: int = 0, source: str = "x.com", seed: int = 0) -> list[dict]:
    """A source's weeks of talk; a new story from week 22 on, in one article of four; or one report reprinted."""
    rng = np.random.default_rng(seed)
    rows = []
    for week in range(WEEKS):
        for number in range(16):
            new = planted and week >= TURN and number % 4 == 0
            said = (NEW if new else TALK[rng.integers(3)]).format(*rng.integers(1_000, 9_999, 2))
            if copies and week == TURN and number < copies:
                said = "one wire report on the quarrel of two beekeepers in the village hall was printed by everybody"
            day = str(BEGIN + timedelta(days=7 * week + int(rng.integers(7))))
            rows.append(row(id=f"{source}-{week}-{number}", source=source, date=day, text=said, end=len(said)))
    return rows


def vectors_of(texts: list[str]) -> np.ndarray:
    """A direction for each kind of text, and a little noise: as an encoder would place them."""
    rng = np.random.default_rng(3)
    kinds = ["bridge", "choir", "milk", "fog", "beekeepers"]
    kind = np.array([next(i for i, word in enumerate(kinds) if word in text) for text in texts])
    found = np.eye(len(kinds), 32)[kind] + rng.normal(size=(len(texts), 32)) * 0.08
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def search(folder: Path, **settings: object) -> Emerging:
    """Without a model: vectors and distances as told above, the fog and the beekeepers being unknown."""
    chosen = ShiftSettings(**settings)
    sample = draw_sample(open_scores([folder]), settings=chosen)
    texts = sample.rows["text"].to_list()
    rows = sample.rows.with_columns(pl.Series("copy", passage_copies(texts), dtype=pl.Boolean))
    far = np.array([0.9 if "fog" in text or "beekeepers" in text else 0.2 for text in texts])
    return find_stories(sample, rows=rows, vectors=vectors_of(texts), percentiles=far, settings=chosen, encoder="x")


def test_a_planted_story_is_found_at_its_week_with_its_words_sources_and_passages(tmp_path):
    rows = rows_of(planted=True) + rows_of(planted=False, source="calm.com", seed=1)
    found = search(write_scores(tmp_path / "scores", rows, parts=3))
    [story] = found.stories
    assert story.kind == "unknown topic" and story.begins == BEGIN + timedelta(weeks=TURN) and story.lasts
    assert story.growth.before == 0 and story.growth.within == 4 * (WEEKS - TURN) == story.articles
    assert {"fog", "laboratory", "strange"} <= {word.word for word in story.words}
    assert [(one.source, one.articles) for one in story.sources] == [("x.com", 32)]
    assert story.first_seen == story.sources[0].first >= story.begins
    assert len(story.passages) == 5 and all("fog" in one.text and one.day >= story.begins for one in story.passages)
    shares = story.series.filter(pl.col("period") >= story.begins)
    assert shares["share"].to_list() == pytest.approx([4 / 32] * (WEEKS - TURN))
    assert (shares["low"] < shares["share"]).all() and (shares["high"] > shares["share"]).all()


def test_where_nothing_grows_no_story_is_found(tmp_path):
    for seed in range(3):
        found = search(write_scores(tmp_path / f"{seed}", rows_of(planted=False, seed=seed)))
        assert found.stories == () and found.clusters == 3


def test_a_report_that_everybody_reprints_is_no_story(tmp_path):
    assert search(write_scores(tmp_path / "scores", rows_of(planted=False, copies=14))).stories == ()


def test_what_a_label_explains_is_left_out_and_a_carried_text_is_cut_to_its_passage(tmp_path):
    text = (
        "The first sentence of an article that is long. " + "The second one, which is the passage that is meant here."
    )
    rows = [
        row(id="a", text=text, passage=0, start=47, end=len(text)),
        row(id="b", text="a passage with losses of Russia, which is explained", end=51, frame=["losses_russia"]),
    ]
    sample = draw_sample(open_scores([write_scores(tmp_path / "scores", rows)]), settings=ShiftSettings())
    assert sample.rows["text"].to_list() == ["The second one, which is the passage that is meant here."]
    assert sample.articles.tolist() == [[2]] and sample.unexplained == 1


def test_a_sample_is_bounded_says_what_share_it_is_and_is_the_same_again(tmp_path):
    scores = open_scores([write_scores(tmp_path / "scores", rows_of(planted=True), parts=2)])
    one, other = (draw_sample(scores, settings=ShiftSettings(), most=26 * WEEKS // 3) for _ in range(2))
    assert one.rows.equals(other.rows) and one.unexplained == 16 * WEEKS
    assert one.rows.group_by("period").len()["len"].max() <= 25 and (one.kept > 0).all()
    few = draw_sample(scores, settings=ShiftSettings(seed=1), most=WEEKS)
    assert set(few.rows["id"]) == set(draw_sample(scores, settings=ShiftSettings(seed=1), most=WEEKS).rows["id"])


@pytest.fixture(scope="module")
def scored(tiny_bundle, tmp_path_factory) -> Path:
    """Scores of the tiny bundle with its digest, and a story in them; nothing has a frame."""
    folder = tmp_path_factory.mktemp("stories") / "scores"
    return write_scores(folder, rows_of(planted=True), bundle=open_bundle(tiny_bundle).digest)


def run(*arguments: object):
    return CliRunner().invoke(app, ["shift", *map(str, arguments)])


def test_the_command_adds_stories_to_the_folder_and_its_page(scored, tiny_bundle, tiny_backbone, tmp_path):
    told = run(
        scored, "--out", tmp_path / "out", "--emerging", tiny_bundle, "--set", f"backbone={tiny_backbone}",
        "--set", "story=frame",
    )  # fmt: skip
    assert told.exit_code == 0, told.output
    assert "480 passages without a frame" in told.output
    content = json.loads((tmp_path / "out" / "shifts.json").read_text("utf-8"))["emerging"]
    assert content["passages_looked_at"] == 480 and content["clusters"] >= 1
    table = pl.read_parquet(tmp_path / "out" / "emerging.parquet")
    assert set(table["cluster"]) == {story["id"] for story in content["stories"]}
    assert all(date.fromisoformat(story["begins"]) for story in content["stories"])
    assert "Emerging stories" in (tmp_path / "out" / "report.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("no text", "holds no text.*--keep-text"),
        ("other bundle", "is bundle .*the scores are of bbbb"),
        ("no reference", "reference.parquet: missing.*Train the bundle again"),
        ("other backbone", "backbone minilm-l6: not the one that .*--set backbone="),
        ("no such task", "story 'frames': no task of the codebook .*did you mean frame"),
    ],
)
def test_what_stands_in_the_way_is_said_before_anything_is_done(
    change, said, scored, tiny_bundle, tiny_backbone, tmp_path
):
    bundle, folder, settings = tiny_bundle, scored, {"backbone": str(tiny_backbone)}
    if change == "no text":
        rows = [{key: value for key, value in row().items() if key != "text"}]
        folder = write_scores(tmp_path / "scores", rows)
    elif change == "other bundle":
        folder = write_scores(tmp_path / "scores", [row(text="a text")])
    elif change == "no reference":
        bundle = shutil.copytree(tiny_bundle, tmp_path / "bundle")
        (bundle / "reference.parquet").unlink()
    elif change == "other backbone":
        settings = {"backbone": "minilm-l6"}
    else:
        settings = {"story": "frames"}
    with pytest.raises(UserError, match=said):
        open_search([folder], bundle=bundle, settings=ShiftSettings(**settings))


def test_a_bundle_keeps_what_it_learned_as_vectors_and_no_text(tiny_bundle, small_rows):
    opened = open_bundle(tiny_bundle)
    reference = read_reference(tiny_bundle, bundle=opened.digest)
    assert reference.vectors.shape == (60, 32) and np.linalg.norm(reference.vectors, axis=1) == pytest.approx(1)
    assert (np.diff(reference.usual) >= 0).all()
    near = reference.percentiles(reference.vectors).mean()
    away = reference.percentiles(-reference.vectors).mean()
    assert near < 0.5 < away == 1
    content = (tiny_bundle / "reference.parquet").read_bytes()
    assert not any(r["text"][:40].encode() in content for r in small_rows)
    broken = reference.bundle[::-1]
    with pytest.raises(UserError, match="of bundle"):
        read_reference(tiny_bundle, bundle=broken)
