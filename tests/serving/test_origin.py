"""Columns that say where a passage comes from: file and row, mended or not, language, text."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from narrashift import UserError
from narrashift.cli import app
from narrashift.serving.settings import ScoreSettings

ENGLISH = "The army said that it had retaken the village.\n\n" * 8
BROKEN = "The mayor said: “we hold”.".encode().decode("cp1251")
UKRAINIAN = "Військові сказали, що вони втримали село і не відійдуть. " * 3


def test_every_passage_names_file_and_row_of_its_article(score_dump, write_dump):
    files = [
        write_dump([{"id": 1, "text": ENGLISH}, "{", {"id": 2, "text": UKRAINIAN}], "a.jsonl"),
        write_dump([{"id": 3, "text": UKRAINIAN}], "b.jsonl"),
    ]
    outcome = score_dump(*files, passage_tokens=48)
    assert {(row["id"], row["file"], row["row"]) for row in outcome.rows} == {
        (1, "a.jsonl", 1),
        (2, "a.jsonl", 3),
        (3, "b.jsonl", 1),
    }
    assert {(row["file"], row["row"]) for row in outcome.refused} == {("a.jsonl", 2)}


def test_the_model_sees_mended_text_and_offsets_count_the_original(score_dump):
    text = ENGLISH + BROKEN
    rows = score_dump([{"id": 1, "text": text}], passage_tokens=48, keep_text=True).rows
    assert [row["mended"] for row in rows] == [False] * (len(rows) - 1) + [True]
    assert "".join(row["text"] for row in rows) == text
    assert all(text[row["start"] : row["end"]] == row["text"] for row in rows)
    last = rows[-1]["text"].strip().replace(BROKEN, "The mayor said: “we hold”.")
    whole = score_dump([{"id": 1, "text": last}], out="whole", cut="none").rows[0]
    left = score_dump([{"id": 1, "text": text}], out="left", passage_tokens=48, mend=False).rows[-1]
    assert rows[-1]["stance.neutral"] == pytest.approx(whole["stance.neutral"], abs=1e-5)
    assert left["stance.neutral"] != pytest.approx(whole["stance.neutral"], abs=1e-5)
    assert "mended" not in left


def test_the_language_is_that_of_the_mended_article(score_dump):
    russian = "Военные сказали, что они удержали село и не отойдут."
    texts = [ENGLISH, UKRAINIAN, russian.encode().decode("latin-1"), "12 345"]
    dump = [{"id": n, "text": text} for n, text in enumerate(texts)]
    found = {row["id"]: row["language"] for row in score_dump(dump).rows}
    assert found == {0: "en", 1: "uk", 2: "ru", 3: None}
    assert "language" not in score_dump(dump, out="untold", languages=()).table.column_names


def test_languages_are_a_set():
    assert ScoreSettings(languages=("uk", "en", "uk")) == ScoreSettings(languages=("en", "uk"))


@pytest.mark.parametrize("name", ["language", "mended", "file", "row"])
def test_a_carried_column_may_not_have_one_of_these_names(score_dump, name):
    dump = [{"id": 1, "text": ENGLISH, name: "x"}]
    with pytest.raises(UserError, match=f"{name!r} is also a column of the scores. Carry it under another"):
        score_dump(dump, carry={name: name})
    assert score_dump(dump, carry={"its": name}).table["its"][0].as_py() == "x"


def test_a_dumps_own_text_column_can_be_carried_unless_passages_are_kept(score_dump):
    dump = [{"id": 1, "body": ENGLISH, "text": "x"}]
    assert score_dump(dump, text="body", carry={"text": "text"}).table["text"][0].as_py() == "x"
    with pytest.raises(UserError, match="'text' is also a column"):
        score_dump(dump, out="kept", text="body", carry={"text": "text"}, keep_text=True)


def test_the_settings_have_flags():
    command = ["score", "--print-config", "--no-mend", "--languages", "UK,en", "--no-duplicates", "--keep-text"]
    shown = CliRunner().invoke(app, command)
    assert shown.exit_code == 0
    for line in ("mend = false", 'languages = ["en", "uk"]', "duplicates = false", "keep_text = true"):
        assert line in shown.stdout
    assert "languages = []" in CliRunner().invoke(app, ["score", "--print-config", "--languages", "none"]).stdout


def test_other_settings_make_another_run(score_dump):
    score_dump([{"id": 1, "text": ENGLISH}])
    for name, value in {"mend": False, "languages": ("en", "uk"), "keep_text": True, "duplicates": False}.items():
        with pytest.raises(UserError, match=f"settings.{name}: "):
            score_dump([{"id": 1, "text": ENGLISH}], **{name: value})
