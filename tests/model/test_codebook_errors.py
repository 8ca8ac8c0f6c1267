"""What a codebook with a mistake is told: one line for each mistake, with the place and the way out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrashift.model.codebook import Codebook, parse_codebook, read_codebook
from narrashift.model.errors import UserError
from narrashift.training.data.corpus import OPTIONAL

GOOD = """[codebook]
name = "own"
version = "1"

[tasks.mood]
kind = "single"
[tasks.mood.labels.hopeful]
means = "ends well"
[tasks.mood.labels.bleak]
means = "ends badly"
"""


def problems(text: str) -> list[str]:
    with pytest.raises(UserError) as caught:
        parse_codebook(text, place="own.toml")
    return caught.value.problems


def test_the_codebook_that_the_others_are_made_of_is_good():
    assert parse_codebook(GOOD, place="own.toml").tasks["mood"].leaves == ("hopeful", "bleak")


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('version = "1"', 'version = "1"\nauthor = "me"', "author"),
        ('kind = "single"', 'kind = "single"\nkinds = "x"', "tasks.mood.kinds"),
        ('means = "ends badly"', 'meaning = "ends badly"\nmeans = "x"', "tasks.mood.labels.bleak.meaning"),
        ("[codebook]", '[extra]\n[codebook]', "extra"),
    ],
)  # fmt: skip
def test_an_unknown_key_is_refused_with_file_and_key(old, new, key):
    (problem,) = problems(GOOD.replace(old, new))
    assert problem.startswith("own.toml")
    assert key in problem


def test_an_unknown_key_that_is_called_tasks_is_refused_too():
    (problem,) = problems(GOOD.replace('version = "1"', 'version = "1"\ntasks = 5'))
    assert "tasks" in problem


def test_an_unknown_key_is_told_which_keys_there_are():
    (problem,) = problems(GOOD + 'mean = "x"\n')
    assert "means" in problem
    assert "examples" in problem


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('kind = "single"', 'kind = "one"', "tasks.mood.kind"),
        ('means = "ends badly"', 'means = ""', "tasks.mood.labels.bleak.means"),
        ('means = "ends badly"', "means = 3", "tasks.mood.labels.bleak.means"),
        ('means = "ends badly"', "", "tasks.mood.labels.bleak.means"),
        ('version = "1"', "version = 1.0", "version"),
        ('version = "1"', "", "version"),
        ('name = "own"', "", "name"),
        ("labels.bleak]", 'labels."very bleak"]', "'very bleak'"),
        ("labels.bleak]", 'labels."a.b"]', "'a.b'"),
        ("labels.bleak]", 'labels."a|b"]', "'a|b'"),
        ("labels.bleak]", 'labels."1st"]', "'1st'"),
        ("labels.bleak]", 'labels."мрачно"]', "'мрачно'"),
        ("labels.bleak]", 'labels.""]', "''"),
    ],
)
def test_a_wrong_value_is_refused_with_file_and_key(old, new, key):
    (problem,) = problems(GOOD.replace(old, new))
    assert problem.startswith("own.toml")
    assert key in problem


@pytest.mark.parametrize(
    ("old", "new"), [("labels.bleak]", 'labels."bleak\\n"]'), ("tasks.mood", 'tasks."mood\\n"')], ids=["label", "task"]
)
def test_a_name_that_ends_in_a_line_break_is_refused(old, new):
    assert "a name has letters" in problems(GOOD.replace(old, new))[0]


@pytest.mark.parametrize("name", ["id", "text", "passage", "start", "end", "truncated", *OPTIONAL])
def test_a_task_may_not_be_called_like_another_column(name):
    (problem,) = problems(GOOD.replace("tasks.mood", f"tasks.{name}"))
    assert repr(name) in problem


@pytest.mark.parametrize(
    "text",
    ["", "tasks = 3", "codebook = 3", GOOD.replace("[tasks.mood]", "[[tasks.mood]]"), '[codebook]\nname = "a"'],
)
def test_a_codebook_of_another_shape_is_refused_with_its_file(text):
    assert all(problem.startswith("own.toml") for problem in problems(text))


def test_what_is_not_toml_is_refused_with_its_line():
    (problem,) = problems(GOOD.replace('kind = "single"', "kind = single"))
    assert "not TOML" in problem
    assert "line 6" in problem


def test_all_mistakes_are_told_and_not_the_first():
    told = problems(GOOD.replace('"single"', '"one"').replace('"ends well"', "3").replace('version = "1"', ""))
    assert len(told) == 3


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (GOOD.replace("labels.bleak]", 'labels."a b"]').replace("labels.hopeful]", "labels.9]"), ("a b", "9")),
        ("[first]\n[second]\n" + GOOD, ("first", "second")),
    ],
)
def test_two_mistakes_of_one_kind_are_both_told(text, wrong):
    assert all(any(word in problem for problem in problems(text)) for word in wrong)


def test_a_missing_file_is_refused_with_the_way_out(tmp_path, refusal):
    refusal(lambda: read_codebook(tmp_path / "no.toml"), "no.toml", "--codebook")


def test_a_folder_is_refused_in_one_line(tmp_path, refusal):
    refusal(lambda: read_codebook(tmp_path), str(tmp_path))


def test_a_file_in_another_encoding_is_refused_with_the_byte(tmp_path, refusal):
    path = tmp_path / "own.toml"
    path.write_bytes(GOOD.replace("ends well", "кончится").encode("cp1251"))
    refusal(lambda: read_codebook(path), "own.toml", "not UTF-8", "byte")


def test_a_file_with_a_byte_order_mark_is_read(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(GOOD, "utf-8-sig")
    assert read_codebook(path).name == "own"


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.data())
def test_a_codebook_with_a_slip_of_the_pen_is_read_or_refused_and_never_a_crash(data):
    at = data.draw(st.integers(0, len(GOOD) - 1))
    cut = data.draw(st.integers(0, 8))
    text = GOOD[:at] + data.draw(st.text(max_size=3)) + GOOD[at + cut :]
    try:
        assert isinstance(parse_codebook(text, place="own.toml"), Codebook)
    except UserError as error:
        assert all(problem.startswith("own.toml") for problem in error.problems)
