"""Labelling functions in TOML and in Python: what they match, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import narrashift
from narrashift.seeds import seed_file
from narrashift.training.labelling.functions import read_functions, words_pattern
from narrashift.training.labelling.python_file import run_functions


@pytest.fixture
def functions_of(tmp_path, codebook):
    def read(content):
        (tmp_path / "f.toml").write_text(content, "utf-8")
        return read_functions(tmp_path / "f.toml", codebook=codebook)

    return read


def problems_of(functions_of, content):
    with pytest.raises(narrashift.UserError) as caught:
        functions_of(content)
    return caught.value.problems


def says(functions_of, content, text, **columns):
    (function,), _ = functions_of(content)
    return function.test({"text": text, **columns})


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("The OCCUPIERS left.", True),
        ("Preoccupiers left.", False),
        ("Our\n defenders held.", True),
        ("The liberation of it", True),
        ("It was illiberal", False),
        ("The occupiers, said the film critic", False),
    ],
)
def test_words_are_whole_words_in_any_case_unless_silenced(functions_of, text, spoken):
    content = '[functions.a]\nlabel = "stance.pro_ukraine"\nwords = ["occupiers", "our defenders", "liberat*"]\n'
    assert says(functions_of, content + 'unless = ["film"]', text) is spoken


def test_a_column_speaks_by_its_values(functions_of):
    content = '[functions.a]\nlabel = "stance.pro_russia"\ncolumn = "source"\nvalues = ["RT"]'
    assert says(functions_of, content, "x", source="RT")
    assert not says(functions_of, content, "x", source="BBC")
    assert not says(functions_of, content, "x")


def test_a_gazetteer_lies_beside_the_file(functions_of, tmp_path):
    (tmp_path / "places.txt").write_text("# places\nKupyansk\nNova Kakhovka\n", "utf-8")
    content = '[functions.a]\nlabel = "frame.gains_russia"\nfile = "places.txt"'
    assert says(functions_of, content, "in nova  kakhovka")
    assert not says(functions_of, content, "# places")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('[functions.a]\nlabel = "stance.pro_rusia"\nwords = ["x"]', "pro_russia"),
        ('[functions.a]\nlabel = "frame.gains"\nwords = ["x"]', "no task.label that is annotated"),
        ('[functions.a]\nlabel = "stance.neutral"', "one of words"),
        ('[functions.a]\nlabel = "stance.neutral"\nwords = ["x"]\npattern = "y"', "one of words"),
        ('[functions.a]\nlabel = "stance.neutral"\npattern = "("', "no regular expression"),
        ('[functions.a]\nlabel = "stance.neutral"\nwords = [" "]', "empty word"),
        ('[functions.a]\nlabel = "stance.neutral"\nfile = "none.txt"', "none.txt"),
        ('[functions.a]\nlabel = "stance.neutral"\ncolumn = "source"', "needs values"),
        ('[functions.a]\nlabel = "stance.neutral"\nagainst = true\nwords = ["x"]', "vote for another one"),
        ('[functions.a]\nlabel = "stance.neutral"\nword = ["x"]', "functions.a.word"),
        ('[shares]\n"stance.x" = 0.5\n[functions.a]\nlabel = "stance.neutral"\nwords = ["x"]', "shares"),
        ("[functions", "not TOML"),
        ("", "functions"),
    ],
)
def test_a_broken_file_says_where_and_what(functions_of, content, told):
    problems = problems_of(functions_of, content)
    assert any("f.toml" in problem and told in problem for problem in problems), problems


def test_everything_wrong_is_told_at_once(functions_of):
    content = '[functions.a]\nlabel = "no.label"\nwords = ["x"]\n[functions.b]\nlabel = "stance.neutral"\npattern = "["'
    assert len(problems_of(functions_of, content)) == 2


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.lists(st.text(min_size=1).filter(lambda word: word.strip()), min_size=1, max_size=5))
def test_any_words_make_a_pattern_that_finds_them(words):
    pattern = words_pattern(words)
    for word in words:
        if "*" not in word:
            assert pattern.search(" ".join(word.split()))


def test_the_shipped_functions_speak_for_every_label_of_the_default_codebook(codebook):
    with seed_file("functions.toml") as path:
        functions, shares = read_functions(path, codebook=codebook)
    leaves = {(task, leaf) for task, known in codebook.tasks.items() for leaf in known.leaves}
    assert {(function.task, function.label) for function in functions} == leaves
    assert sum(share for name, share in shares.items() if name.startswith("stance.")) < 1


PYTHON = """
import narrashift

def helper(row):
    return "rail" in row["text"]

@narrashift.labelling_function("frame.gains_russia")
def rail_hub(row):
    return helper(row) and row["source"] == "RT"
"""


def test_marked_python_functions_vote_and_others_do_not(tmp_path, codebook):
    (tmp_path / "f.py").write_text(PYTHON, "utf-8")
    (function,) = run_functions(tmp_path / "f.py", codebook=codebook)
    assert (function.name, function.label) == ("rail_hub", "gains_russia")
    assert function.test({"text": "a rail hub", "source": "RT"})
    assert not function.test({"text": "a rail hub", "source": "BBC"})
    with pytest.raises(narrashift.UserError, match=r"f\.py, rail_hub: KeyError.*'a rail hub'"):
        function.test({"text": "a rail hub"})


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("x = ", "SyntaxError"),
        ("import no_such_module", "no_such_module"),
        ("def f(row): return True", "no function is marked"),
        (PYTHON.replace("gains_russia", "gain_russia"), "did you mean frame.gains_russia"),
    ],
)
def test_a_broken_python_file_is_one_line(tmp_path, codebook, code, told):
    (tmp_path / "f.py").write_text(code, "utf-8")
    with pytest.raises(narrashift.UserError, match=told) as caught:
        run_functions(tmp_path / "f.py", codebook=codebook)
    assert len(caught.value.problems) == 1
