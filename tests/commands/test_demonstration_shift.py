"""The demo's timeline and its shift: told as it is said, and found in the week that is known."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pyarrow.parquet as pq
import pytest

import narrashift
from narrashift.commands.demonstration import run as demo
from narrashift.commands.demonstration import shift as demo_shift
from narrashift.commands.demonstration import timeline as demo_timeline
from narrashift.commands.demonstration.timeline import (
    BEGIN,
    EACH,
    NEUTRAL,
    STORY,
    TURN,
    TURNED,
    TURNING,
    UKRAINIAN,
    WEEKS,
)
from narrashift.model.decision import Decision


@pytest.fixture(scope="module")
def timeline(starter_rows, codebook, tmp_path_factory) -> SimpleNamespace:
    """The articles, and the starter corpus's row of each."""
    path = tmp_path_factory.mktemp("timeline") / "timeline.jsonl"
    corpus = narrashift.from_dataset(
        [row for row in starter_rows if row["split"] == "test"] + starter_rows[:50], codebook=codebook
    )
    demo_timeline.write_timeline(corpus, path)
    articles = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    by_text = {row["text"]: row for row in starter_rows}
    return SimpleNamespace(articles=articles, rows=[by_text[article["text"]] for article in articles])


def told(timeline, source):
    """Week of each article of a source, and its row."""
    pairs = zip(timeline.articles, timeline.rows, strict=True)
    return [((date.fromisoformat(a["date"]) - BEGIN).days // 7, row) for a, row in pairs if a["source"] == source]


def test_the_model_has_seen_no_article(timeline):
    assert {row["split"] for row in timeline.rows} == {"test"}


def test_one_source_turns_from_gains_to_losses_in_the_known_week(timeline):
    story = [(week, row) for week, row in told(timeline, TURNING) if row["stance"] == "pro_russia"]
    for week, row in story:
        side = ("gains_russia", "losses_russia") if week < TURN else ("losses_russia", "gains_russia")
        assert side[0] in row["frame"] and side[1] not in row["frame"]
    assert set(Counter(week for week, _ in story).values()) == {STORY}
    assert all(row["frame"] == [] for _, row in told(timeline, TURNING) if row["stance"] != "pro_russia")


@pytest.mark.parametrize(("source", "stance"), [(UKRAINIAN, "pro_ukraine"), (NEUTRAL, "neutral")])
def test_the_others_keep_their_side_and_every_week_has_as_many_articles(timeline, source, stance):
    assert {row["stance"] for _, row in told(timeline, source)} == {stance}
    for one in (TURNING, source):
        assert Counter(week for week, _ in told(timeline, one)) == dict.fromkeys(range(WEEKS), EACH)


def test_no_passage_comes_again_before_all_others_came(timeline):
    gains = [row["text"] for week, row in told(timeline, TURNING) if "gains_russia" in row["frame"] and week < TURN]
    times = Counter(Counter(gains).values())
    assert set(times) <= {1, 2} and len(gains) == STORY * TURN


@pytest.fixture(scope="module")
def found(timeline, codebook, store_template, tmp_path_factory):
    """What is found where the classifier is right about everything."""
    folder = tmp_path_factory.mktemp("demo")
    (folder / "scores" / "parts").mkdir(parents=True)
    rows = []
    for article, row in zip(timeline.articles, timeline.rows, strict=True):
        shown = {**article, "passage": 0, "start": 0, "end": len(article["text"])}
        for name, task in codebook.tasks.items():
            on = [row[name]] if task.kind == "single" else task.closed(row[name])
            shown |= {f"{name}.{label}": float(label in on) for label in (*task.leaves, *task.parents)}
            shown[name] = on[0] if task.kind == "single" else on
        rows.append({**shown, "truncated": False})
    table = pl.DataFrame(rows, infer_schema_length=None).with_columns(pl.col("^.*\\..*$").cast(pl.Float32)).to_arrow()
    metadata = {
        "narrashift.bundle": "b" * 16, "narrashift.engine": "onnx", "narrashift.codebook": "c 1 d",
        "narrashift.decision": Decision.default(codebook).model_dump_json(),
        "narrashift.codebook.toml": codebook.to_toml(),
    }  # fmt: skip
    pq.write_table(table.replace_schema_metadata(metadata), folder / "scores" / "parts" / "00000.parquet")
    (folder / "scores" / "run.json").write_text("{}")
    (folder / "scores" / "progress.json").write_text('{"done": true}')
    shutil.copy(store_template, folder / "mlflow.db")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield demo_shift.find_in(Path("scores"), out=Path("shift"), progress=lambda *_: None), folder / "shift"


def test_the_turn_is_found_in_its_week_and_only_there(found):
    shifts = {(shift.by, shift.label): shift for shift, _ in found[0].shifts}
    assert {by for by, _ in shifts} == {TURNING}
    for label, change in (("gains_russia", -STORY / EACH), ("losses_russia", STORY / EACH)):
        shift = shifts[TURNING, label]
        assert shift.date == TURNED and shift.earliest <= TURNED <= shift.latest
        assert shift.change.value == pytest.approx(change, abs=0.02)


def test_folder_and_page_say_that_it_is_simulated(found):
    _, folder = found
    notes = json.loads((folder / "shifts.json").read_text("utf-8"))["notes"]
    assert notes[0] == demo_timeline.SAID and notes[0].startswith("simulated: ")
    page = (folder / "report.html").read_text("utf-8")
    assert "simulated: sources and dates are invented" in page[: page.index("<main>")]
    assert demo_shift.page_of(folder.parent) == (folder / "report.html").as_uri()


def test_the_shift_is_printed_with_its_evidence_beside_the_known_week(found, capsys):
    demo_shift.print_evidence(found[0])
    out = capsys.readouterr().out
    assert f"known: {TURNING} turned in the week of {TURNED}\n" in out
    assert f"in the week of {TURNED} (95 % interval: " in out
    assert "shifts in the two sources that did not change: none" in out
    shift, evidence = found[0].shifts[0]
    for side in (evidence.before, evidence.after):
        assert str(side.passages[0].day) in out and side.passages[0].text[:20] in out
    assert all(passage.day < shift.date for passage in evidence.before.passages)


@pytest.mark.parametrize("name", ["shift", "timeline_scores"])
def test_shifts_that_are_no_demos_are_left_alone(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "mine").touch()
    with pytest.raises(narrashift.UserError, match="no demo wrote.*--out"):
        demo.demo(out=tmp_path, display=lambda: pytest.fail("the demo went on"))
    assert (tmp_path / name / "mine").exists()
