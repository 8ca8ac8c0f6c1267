"""Figures by language: of which passages they are, where they are kept, and what they leave alone."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

import narrashift
from narrashift import cli
from narrashift.model.bundle import open_bundle
from narrashift.model.measured import FILE, read_measured
from narrashift.training.measuring.evaluation import measure, predict
from narrashift.training.measuring.languages import language_codes, measure_languages, record_languages

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def rows() -> list[dict]:
    """60 Ukrainian and 60 Russian passages, and 10 English ones."""
    with (REPOSITORY / "seeds" / "languages.jsonl").open(encoding="utf-8") as file:
        others = [json.loads(line) for line in file]
    by_code = {code: [row for row in others if row["language"] == code][:60] for code in ("uk", "ru")}
    english = {**others[0], "language": "en", "text": "The ministry said that its troops had left the town."}
    return [*by_code["uk"], *by_code["ru"], *[english] * 10]


@pytest.fixture(scope="module")
def corpus(rows: list[dict], codebook: narrashift.Codebook) -> narrashift.Corpus:
    return narrashift.from_dataset(rows, codebook=codebook)


@pytest.fixture
def bundle(tiny_bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))


def evaluate(bundle: Path | str, data: Path, *options: str, monkeypatch, capsys) -> tuple[int, str, str]:
    """`narrashift evaluate …`: exit code, standard output and error."""
    monkeypatch.setattr(sys, "argv", ["narrashift", "evaluate", str(bundle), str(data), *options])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr()
    return ended.value.code or 0, said.out, said.err


@pytest.fixture
def file(rows: list[dict], tmp_path: Path) -> Path:
    path = tmp_path / "labelled.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def test_the_column_says_the_language_where_it_is_a_code_and_the_text_elsewhere(rows, codebook):
    told = [{**row, "language": given} for row, given in zip(rows, ["UK-ua", "Ukrainian", None, "it"], strict=False)]
    assert language_codes(narrashift.from_dataset(told, codebook=codebook)) == ["uk", "uk", "uk", "it"]


def test_figures_are_those_of_the_passages_of_the_language(tiny_bundle, corpus):
    predicted = predict(open_bundle(tiny_bundle), corpus)
    found = {one.language: one for one in measure_languages(predicted, corpus=corpus, on="labelled")}
    assert {code: one.passages for code, one in found.items()} == {"uk": 60, "ru": 60}, "10 English ones are too few"
    inside = np.arange(60, 120)
    alone = measure(predicted.select(inside), corpus=corpus.select(inside), resamples=5)
    for name, figure in alone.headline().items():
        kept = found["ru"].figures[name][0]
        assert (np.nan if kept is None else kept) == pytest.approx(figure.value, abs=1e-6, nan_ok=True), name


def test_a_bundle_knows_the_languages_of_its_test_part(corpus, small_corpus, tiny_settings, tmp_path):
    made = narrashift.train(
        corpus=small_corpus, test=corpus, out=tmp_path / "made", settings=tiny_settings, allow_leaks=True
    )
    for folder in (made.bundle, made.bundle / "tfidf"):
        found = read_measured(open_bundle(folder))
        assert found.passages() == {"uk": 60, "ru": 60} and {one.on for one in found.measured} == {"test"}
    card = (made.bundle / "README.md").read_text("utf-8")
    assert card.index("## Figures") < card.index("## Languages\n| language") < card.index("## Labels")
    assert "| uk | 60 | its test part |" in card


def test_recording_keeps_the_bundle_what_it_is(bundle, corpus):
    before = open_bundle(bundle).digest
    predicted = predict(open_bundle(bundle), corpus)
    for _ in range(2):
        record_languages(bundle, predicted=predicted, corpus=corpus)
    opened = open_bundle(bundle)
    assert opened.digest == before
    assert len(read_measured(opened).measured) == 2, "the same passages again replace their figures"
    assert (bundle / "README.md").read_text("utf-8").count("## Languages") == 1


def test_other_passages_of_a_language_stand_beside_the_first(bundle, corpus):
    predicted = predict(open_bundle(bundle), corpus)
    half = np.arange(55)
    record_languages(bundle, predicted=predicted, corpus=corpus)
    record_languages(bundle, predicted=predicted.select(half), corpus=corpus.select(half))
    assert read_measured(open_bundle(bundle)).passages() == {"uk": 115, "ru": 60}


def test_figures_of_another_state_of_the_bundle_are_none(bundle, corpus):
    record_languages(bundle, predicted=predict(open_bundle(bundle), corpus), corpus=corpus)
    decision = json.loads((bundle / "decision.json").read_text("utf-8"))
    decision["tasks"]["stance"]["temperature"] = 1.5
    (bundle / "decision.json").write_text(json.dumps(decision), "utf-8")
    assert read_measured(open_bundle(bundle)).measured == ()


def test_evaluate_records_and_says_so(bundle, file, monkeypatch, capsys):
    code, out, err = evaluate(bundle, file, "--record", "--json", monkeypatch=monkeypatch, capsys=capsys)
    assert code == 0 and json.loads(out)["passages"] == 130
    assert "has been measured in uk (60 passages), ru (60)" in err
    assert read_measured(open_bundle(bundle)).passages() == {"uk": 60, "ru": 60}


def test_without_record_nothing_is_kept(bundle, file, monkeypatch, capsys):
    assert evaluate(bundle, file, "--json", monkeypatch=monkeypatch, capsys=capsys)[0] == 0
    assert not (bundle / FILE).exists()


def test_too_few_passages_are_refused(bundle, file, monkeypatch, capsys):
    file.write_text("".join(file.read_text("utf-8").splitlines(keepends=True)[30:80]), "utf-8")
    code, _, err = evaluate(bundle, file, "--record", monkeypatch=monkeypatch, capsys=capsys)
    assert code == 2 and "nothing was recorded" in err
    assert not (bundle / FILE).exists()


def test_passages_that_the_bundle_learnt_from_are_not_recorded(bundle, small_file, monkeypatch, capsys):
    options = ("--record", "--allow-leaks")
    code, _, err = evaluate(bundle, small_file, *options, monkeypatch=monkeypatch, capsys=capsys)
    assert code == 2 and "are not recorded" in err


def test_a_registered_model_is_no_place_to_record_in(file, monkeypatch, capsys):
    code, _, err = evaluate("models:/narrashift@champion", file, "--record", monkeypatch=monkeypatch, capsys=capsys)
    assert code == 2 and "Name the bundle's folder" in err


def test_a_broken_record_says_what_to_do(bundle):
    (bundle / FILE).write_text('{"bundle": 1}', "utf-8")
    with pytest.raises(narrashift.UserError, match=r"languages\.json: .*--record writes it anew"):
        read_measured(open_bundle(bundle))
