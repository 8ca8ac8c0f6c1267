"""The parts of the demo and what a person sees of long work: dump, seeds table, progress, reports."""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import re
import subprocess
import sys
from collections import Counter
from importlib import resources
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import narrashift
from narrashift.commands.demonstration import run as demo
from narrashift.serving.folder import Counts
from narrashift.serving.score import Scored
from narrashift.terminal import progress as progress_module
from narrashift.terminal.models import print_report
from narrashift.terminal.progress import ProgressDisplay, peak_memory_mb
from narrashift.terminal.scores import print_scored
from narrashift.training.measuring.evaluation import Figure, Report


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """No terminal and no colours, whatever the machine that runs the tests says."""
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def seeds(codebook) -> narrashift.Corpus:
    with resources.as_file(resources.files("narrashift.seeds").joinpath("passages.jsonl")) as path:
        return narrashift.read_corpus([path], codebook=codebook)


@pytest.fixture(scope="module")
def scored_seeds(seeds, tiny_bundle, tmp_path_factory) -> Scored:
    from narrashift.serving.settings import ScoreSettings

    with resources.as_file(resources.files("narrashift.seeds").joinpath("passages.jsonl")) as path:
        out = tmp_path_factory.mktemp("demo") / "scores"
        return narrashift.score([path], model=tiny_bundle, out=out, settings=ScoreSettings(cut="none"))


def test_the_dump_holds_every_test_passage_once_and_nothing_else(small_corpus, tmp_path):
    path = demo.write_dump(small_corpus, tmp_path / "dump.jsonl")
    articles = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    told = Counter(passage for article in articles for passage in article["text"].split("\n\n"))
    test = [text for text, s in zip(small_corpus.texts, small_corpus.column("split"), strict=True) if s == "test"]
    assert told == Counter(test)


def test_an_article_is_one_group_told_by_one_register(starter_rows, codebook, tmp_path):
    corpus = narrashift.from_dataset(starter_rows, codebook=codebook)
    told_by = {row["text"]: (row["group"], row["register"]) for row in starter_rows}
    articles = [json.loads(line) for line in demo.write_dump(corpus, tmp_path / "d.jsonl").open(encoding="utf-8")]
    tellers = []
    for article in articles:
        (teller,) = {told_by[passage] for passage in article["text"].split("\n\n")}
        assert article["source"] == teller[1]
        tellers.append(teller)
    assert len(set(tellers)) == len(tellers)
    assert len({article["id"] for article in articles}) == len(articles)


def test_passages_of_no_group_are_articles_of_their_own(small_rows, codebook, tmp_path):
    rows = [{k: v for k, v in row.items() if k != "group"} for row in small_rows]
    path = demo.write_dump(narrashift.from_dataset(rows, codebook=codebook), tmp_path / "dump.jsonl")
    assert len(path.read_text("utf-8").splitlines()) == sum(row["split"] == "test" for row in rows)


def test_a_dump_replaces_the_one_before_and_scores_without_a_refusal(small_corpus, tiny_bundle, tmp_path):
    path = tmp_path / "dump.jsonl"
    path.write_text("what an earlier demo left\n" * 10_000)
    demo.write_dump(small_corpus, path)
    counts = narrashift.score([path], model=tiny_bundle, out=tmp_path / "scores").counts
    assert (counts.refused, counts.articles) == (0, len(path.read_text("utf-8").splitlines()))


def test_every_seed_is_shown_with_what_was_decided_and_what_was_missed(scored_seeds, seeds, capsys):
    demo.print_seeds(scored_seeds.folder, labelled=seeds)
    shown = capsys.readouterr().out.rpartition("└")[0]
    right, wrong, missed = Counter(), Counter(), Counter()
    for row, index in zip(pq.read_table(scored_seeds.folder / "parts").to_pylist(), range(len(seeds)), strict=True):
        for name, task in seeds.codebook.tasks.items():
            single = task.kind == "single"
            decided = {row[name]} if single else set(row[name]) & set(task.leaves)
            target = seeds.targets[name][index]
            true = {task.leaves[target]} if single else {n for n, on in zip(task.leaves, target, strict=True) if on}
            for cells, labels in ((right, decided & true), (wrong, decided - true), (missed, true - decided)):
                cells.update(f"{label} {row[f'{name}.{label}']:.2f}" for label in labels)
    assert Counter(re.findall(r"✓ (\w+ \d\.\d\d)", shown)) == right
    assert Counter(re.findall(r"✗ (\w+ \d\.\d\d)", shown)) == wrong
    assert Counter(re.findall(r"missed (\w+ \d\.\d\d)", shown)) == missed


def test_every_word_of_a_seed_is_shown(scored_seeds, seeds, capsys):
    demo.print_seeds(scored_seeds.folder, labelled=seeds)
    cells = [line.split("│")[1] for line in capsys.readouterr().out.splitlines() if line.startswith("│")]
    assert " ".join(" ".join(cells).split()) == " ".join(" ".join(seeds.texts).split())


def test_right_wrong_and_missed_labels_are_told_apart(tmp_path, capsys):
    print_one(tmp_path, text="Trains ran on time.", true=["gains", "losses"], decided=["gains", "talks"])
    out = capsys.readouterr().out
    assert re.findall(r"(✓|✗|missed) (\w+) (\d\.\d+)", out) == [
        ("✓", "gains", "0.60"),
        ("✗", "talks", "0.75"),
        ("missed", "losses", "0.12"),
    ]


def test_a_seed_without_a_label_to_decide_or_miss_shows_none(tmp_path, capsys):
    print_one(tmp_path, text="Trains ran on time.", true=[], decided=[])
    assert capsys.readouterr().out.count("(none)") == 1


@pytest.mark.parametrize("text", ["The mayor [sic] stayed.", "A tag [/] alone.", "[bold]loud[/bold] words", "back\\"])
def test_square_brackets_in_a_passage_are_shown_as_they_are(tmp_path, capsys, text):
    print_one(tmp_path, text=text, true=[], decided=["gains"])
    assert text in capsys.readouterr().out


def print_one(folder: Path, *, text: str, true: list[str], decided: list[str]) -> None:
    """`print_seeds` of one passage under a codebook with one multi task."""
    book = folder / "book.toml"
    labels = "".join(f'labels.{name}.means="m"\n' for name in ("gains", "losses", "talks"))
    book.write_text(f'[codebook]\nname="b"\nversion="1"\n[tasks.frame]\nkind="multi"\n{labels}')
    rows = [{"id": "one", "text": text, "frame": true}]
    labelled = narrashift.from_dataset(rows, codebook=narrashift.read_codebook(book))
    (folder / "parts").mkdir()
    scores = {"id": "one", "passage": 0, "frame.gains": 0.6, "frame.losses": 0.12, "frame.talks": 0.75}
    pq.write_table(pa.Table.from_pylist([{**scores, "frame": decided}]), folder / "parts" / "00000.parquet")
    demo.print_seeds(folder, labelled=labelled)


class Reached(Exception):
    """The demo went on to train."""


class StopsAtOnce(ProgressDisplay):
    def __call__(self, what: str, done: float, total: float) -> None:
        raise Reached(what)


def test_the_demo_does_not_write_over_work_that_is_no_demo(tmp_path):
    """`narrashift demo --out .` where `train` and `score` have left their default folders, bundle and scores."""
    for name, content in (("bundle/config.json", "{}"), ("scores/run.json", "{}"), ("dump.jsonl", "mine\n")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    with pytest.raises(narrashift.UserError, match="--out"):
        demo.demo(out=tmp_path, display=StopsAtOnce)
    assert (tmp_path / "dump.jsonl").read_text() == "mine\n"


def test_the_demo_trains_into_a_folder_that_is_not_there_yet(tmp_path):
    with pytest.raises(Reached):
        demo.demo(out=tmp_path / "some" / "where", display=StopsAtOnce)


def test_progress_in_a_log_is_a_line_on_standard_error(capsys):
    with ProgressDisplay() as progress:
        progress("loading the backbone", 0, 0)
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "loading the backbone …\n")


def test_between_two_lines_of_one_stage_there_is_time(capsys):
    with ProgressDisplay() as progress:
        for done in range(100):
            progress("scoring rows", done, 100)
    assert capsys.readouterr().err == "scoring rows: 0 of 100 (0%)\n"


def test_a_line_now_and_then_tells_the_time_that_is_left(capsys, monkeypatch):
    monkeypatch.setattr(progress_module, "LINE_SECONDS", 0.0)
    with ProgressDisplay() as progress:
        progress("scoring rows", 1_000, 1_000_000)
        progress.began -= 10
        progress("scoring rows", 3_000, 1_000_000)
    line = capsys.readouterr().err.splitlines()[1]
    seconds = re.fullmatch(r"scoring rows: 3,000 of 1,000,000 \(0%\), (\d+) s left", line)
    assert seconds and int(seconds[1]) == pytest.approx(997_000 / 200, rel=0.02)


def test_a_new_stage_and_its_end_are_told_at_once(capsys):
    with ProgressDisplay() as progress:
        for what, done, total in (
            ("reading the input through", 0, 0),
            ("scoring rows", 5, 10),
            ("scoring rows", 7, 10),
            ("scoring rows", 10, 10),
            ("epoch 1 of at most 8", 1, 90),
            ("epoch 2 of at most 8", 12, 90),
        ):
            progress(what, done, total)
    assert capsys.readouterr().err.splitlines() == [
        "reading the input through …",
        "scoring rows: 5 of 10 (50%)",
        "scoring rows: 10 of 10 (100%)",
        "epoch 1 of at most 8: 1 of 90 (1%)",
    ]


def test_work_that_outruns_its_estimate_does_not_flood_the_log(capsys):
    """A dump whose rows cannot be counted beforehand says "n of n" at every batch."""
    with ProgressDisplay() as progress:
        for done in range(1, 1_000):
            progress("scoring rows", done, done)
    assert len(capsys.readouterr().err.splitlines()) <= 3


def test_colours_asked_for_in_a_log_do_not_make_it_a_terminal(capsys, monkeypatch):
    """CI services set FORCE_COLOR; a moving bar would fill their logs ten times a second."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    with ProgressDisplay() as progress:
        progress("scoring rows", 50, 100)
    assert "scoring rows: 50 of 100 (50%)\n" in capsys.readouterr().err


def test_on_a_terminal_there_is_a_bar_that_goes_away_even_after_an_error():
    code = """
from narrashift.terminal.progress import ProgressDisplay
with ProgressDisplay() as progress:
    progress("scoring rows", 50, 100)
    progress("logging the run", 0, 0)
    progress.bar.refresh()
    raise SystemExit(7)
"""
    ours, theirs = os.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "100"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, env=environment, timeout=60)
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert (done.returncode, done.stdout) == (7, b"")
    assert "logging the run" in shown and "50 of 100" not in shown
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h") == 1  # the cursor hidden, and shown again
    assert "logging" not in shown[shown.rindex("\x1b[2K") :]


numbers = st.floats(min_value=0, allow_nan=False, allow_infinity=False)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["a b", "a c", "d", ""]), numbers, numbers), max_size=8))
def test_any_progress_is_whole_lines_on_standard_error(calls):
    words, results = io.StringIO(), io.StringIO()
    with contextlib.redirect_stderr(words), contextlib.redirect_stdout(results), ProgressDisplay() as progress:
        for call in calls:
            progress(*call)
    assert results.getvalue() == ""
    assert words.getvalue() == "" or words.getvalue().endswith("\n")
    assert len(words.getvalue().splitlines()) <= len(calls)


@pytest.fixture(scope="module")
def report(tiny_bundle, small_corpus) -> Report:
    return narrashift.evaluate(bundle=tiny_bundle, corpus=small_corpus, resamples=20)


def test_a_report_shows_every_figure_uncut_on_standard_output(report, capsys):
    print_report(report)
    shown = capsys.readouterr()
    assert shown.err == ""
    cells = {tuple(cell.strip() for cell in line.split("│")[1:-1]) for line in shown.out.splitlines() if "│" in line}
    for name, figure in report.headline().items():
        assert (name, str(figure)) in cells
    for name in report.figures:
        if name.startswith("f1/"):
            label = name.removeprefix("f1/")
            figures = [str(report.figures[f"{f}/{label}"]) for f in ("f1", "average_precision", "ece", "brier")]
            assert (label, *figures) in cells
    assert "120 passages, 95 % intervals from a bootstrap over groups" in " ".join(shown.out.split())


def test_a_yardstick_stands_beside_the_model(report, capsys):
    other = Report({n: Figure(0.123, 0.1, 0.2) for n in report.figures}, report.passages, report.resampled)
    print_report(report, yardstick=other)
    lines = capsys.readouterr().out.splitlines()
    (row,) = [line for line in lines if "macro_f1/stance" in line]
    assert row.index(str(report.figures["macro_f1/stance"])) < row.index("0.123 [0.100, 0.200]")
    assert any("TF-IDF" in line for line in lines)


def test_a_figure_that_is_undefined_is_a_dash(capsys):
    names = ("macro_f1/stance", "f1/stance/x", "average_precision/stance/x", "ece/stance/x", "brier/stance/x")
    print_report(Report({name: Figure(math.nan, math.nan, math.nan) for name in names}, 3, "passages"))
    out = capsys.readouterr().out
    assert "nan" not in out and out.count("–") == len(names)


def test_a_scoring_run_is_told_in_three_lines(scored_seeds, capsys):
    print_scored(scored_seeds)
    shown = capsys.readouterr()
    first, second, third = shown.out.splitlines()
    assert first == "6 rows: 6 scored as 6 passages, 0 refused"
    assert re.fullmatch(
        r"6 passages in \d+ s, \d+ a second \(torch; 0 repeated an earlier one\); peak memory [\d,]+ MB", second
    )
    assert third == f"scores: {scored_seeds.folder / 'parts'} (1 part)"
    assert shown.err == ""


def test_refused_rows_say_where_their_reasons_are(capsys, tmp_path):
    print_scored(
        Scored(tmp_path, Counts(1_234_567, 1_234_000, 5_000_000, 567), 1_000, 5_000_000, 1_000.0, "onnx", 1_234)
    )
    out = capsys.readouterr().out
    assert "1,234,567 rows: 1,234,000 scored as 5,000,000 passages, 567 refused\n" in out
    assert f"{tmp_path / 'errors.parquet'}\n" in out
    assert "5,000,000 passages in 1000 s, 5000 a second (onnx; 1,234 repeated an earlier one)" in out
    assert out.endswith("(1000 parts)\n")


def test_a_run_that_was_done_already_claims_no_speed(capsys, tmp_path):
    print_scored(Scored(tmp_path, Counts(6, 6, 6, 0), 1, 0, 0.0, "torch", 0))
    out = capsys.readouterr().out
    assert "a second" not in out and "errors.parquet" not in out
    assert len(out.splitlines()) == 2


def test_peak_memory_is_in_megabytes():
    """An interpreter with torch in it takes some hundred MB, neither a tenth nor a thousand times that."""
    assert 50 < peak_memory_mb() < 20_000
