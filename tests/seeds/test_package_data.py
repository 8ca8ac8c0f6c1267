"""What the package ships is found through importlib.resources, wherever the package lies."""

import json
from importlib import resources
from pathlib import Path

import pytest

import narrashift

SHIPPED = (
    "annotations.csv",
    "codebook.toml",
    "corpus.jsonl",
    "functions.toml",
    "languages.jsonl",
    "languages_annotations.csv",
    "mirror.toml",
    "narratives.toml",
    "passages.jsonl",
    "README.md",
    "reputation_annotations.csv",
)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_text_is_utf_8_with_unix_lines(name):
    content = resources.files("narrashift.seeds").joinpath(name).read_bytes()
    assert content.decode("utf-8").endswith("\n")
    assert b"\r" not in content
    assert not content.startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("name", ["corpus.jsonl", "languages.jsonl", "passages.jsonl"])
def test_every_line_is_one_json_object(name):
    content = resources.files("narrashift.seeds").joinpath(name).read_text("utf-8")
    lines = content.split("\n")[:-1]
    assert lines and all(isinstance(json.loads(line), dict) for line in lines)


def test_the_installed_corpus_is_that_of_the_repository(starter_rows, codebook):
    with resources.as_file(resources.files("narrashift.seeds").joinpath("corpus.jsonl")) as path:
        corpus = narrashift.read_corpus([path], codebook=codebook)
    assert corpus.column("id") == [row["id"] for row in starter_rows]


def test_nothing_else_lies_in_the_folder():
    """A label guide, a draft or a licence that is added must be named here, and in pyproject's package-data."""
    names = {Path(entry.name).name for entry in resources.files("narrashift.seeds").iterdir()}
    assert names - {"__pycache__"} == {"__init__.py", *SHIPPED}
