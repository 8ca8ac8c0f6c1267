"""A dump in languages that the bundle was not measured in: counted, said, and left to the user."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from narrashift import cli
from narrashift.model.bundle import open_bundle
from narrashift.model.measured import Measured, MeasuredLanguages, write_measured
from narrashift.serving.languages import FILE, DumpLanguages

ENGLISH = "The ministry said that its troops had left the town."
RUSSIAN = "Министерство сообщило, что войска покинули этот город."
UKRAINIAN = "Міністерство повідомило, що війська залишили це місто."


@pytest.fixture
def english_bundle(tiny_bundle: Path, tmp_path: Path) -> Path:
    """A bundle that was measured in English."""
    folder = Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))
    english = Measured(language="en", passages=80, data="0", on="test", figures={})
    write_measured(folder, MeasuredLanguages(bundle=open_bundle(folder).digest, measured=(english,)))
    return folder


@pytest.fixture
def score(tmp_path, monkeypatch, capsys, write_dump):
    """Score texts with `narrashift score …`: standard error, and `languages.json` where there is one."""

    def run(texts: list[str], model: Path, *options: str) -> tuple[str, dict | None]:
        dump = write_dump([{"id": i, "text": text} for i, text in enumerate(texts)])
        command = ["narrashift", "score", str(dump), "--model", str(model), "--out", str(tmp_path / "scores"), *options]
        monkeypatch.setattr(sys, "argv", command)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert not ended.value.code
        path = tmp_path / "scores" / FILE
        return capsys.readouterr().err, json.loads(path.read_text("utf-8")) if path.exists() else None

    return run


def test_other_languages_are_counted_and_warned_of(score, english_bundle):
    said, kept = score([ENGLISH, RUSSIAN, RUSSIAN + " Снова.", UKRAINIAN, "12 345"], english_bundle)
    assert said.index("this bundle has been measured in en (80 passages)") < said.index(
        "warning: 3 of 5 passages (60.0%)"
    )
    assert "not been measured: ru 2, uk 1." in said
    counted = {"passages": {"ru": 2, "en": 1, "uk": 1, "untold": 1}, "unmeasured": {"ru": 2, "uk": 1}}
    assert kept == {"measured": {"en": 80}, **counted}


def test_a_dump_in_measured_languages_is_not_warned_of(score, english_bundle):
    said, kept = score([ENGLISH, "The mayor was in the city and said that it is calm."], english_bundle)
    assert "warning" not in said
    assert kept is not None and kept["unmeasured"] == {}


def test_a_bundle_that_does_not_say_is_told_once(score, tiny_bundle):
    said, _ = score([ENGLISH, RUSSIAN], tiny_bundle)
    assert said.count("does not say in which languages it has been measured") == 1
    assert "warning" not in said


def test_languages_that_are_not_told_are_not_counted(score, english_bundle):
    said, kept = score([RUSSIAN], english_bundle, "--languages", "none")
    assert kept is None and "warning" not in said


def test_a_measurement_meanwhile_is_no_other_run(score, english_bundle):
    score([ENGLISH, RUSSIAN], english_bundle)
    opened = open_bundle(english_bundle)
    both = tuple(Measured(language=code, passages=80, data="0", on="test", figures={}) for code in ("en", "ru"))
    write_measured(english_bundle, MeasuredLanguages(bundle=opened.digest, measured=both))
    said, kept = score([ENGLISH, RUSSIAN], english_bundle)
    assert "warning" not in said
    assert kept is not None and kept["unmeasured"] == {}


@pytest.mark.parametrize(("other", "warned"), [(10, False), (11, True)])
def test_a_share_that_misjudged_languages_explain_is_no_warning(other, warned):
    found = DumpLanguages(measured={"en": 80}, passages={"en": 1_000 - other, "ru": other})
    assert (found.warning() is not None) == warned
