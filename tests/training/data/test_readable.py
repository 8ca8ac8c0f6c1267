"""What can be read of data is handed on beside exactly the faults for which reading a corpus is refused."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import narrashift
from narrashift.training.data.corpus import read_readable

BOOK = narrashift.read_codebook()
NONSENSE = st.one_of(st.none(), st.integers(-1, 2), st.text(max_size=3), st.lists(st.none(), max_size=1))
ROWS = st.fixed_dictionaries(
    {"text": st.sampled_from(["a", "Зернова угода"]) | NONSENSE},
    optional={
        "stance": st.sampled_from(["neutral", "pro_russia", "?"]) | NONSENSE,
        "frame": st.lists(st.sampled_from(["gains_russia", "gains"]), max_size=2) | NONSENSE,
        "date": st.sampled_from(["2024-02-01", "soon"]),
        "split": st.sampled_from(["train", "dev"]),
        "weight": st.sampled_from([1, 0, "x"]),
    },
)


@settings(max_examples=50, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ROWS.map(json.dumps) | st.just("nonsense"), max_size=5))
def test_every_fault_is_handed_on_and_no_wrong_value_is(tmp_path, lines):
    path = tmp_path / "c.jsonl"
    path.write_text("\n".join(lines), "utf-8")
    read = read_readable([path], codebook=BOOK)
    try:
        whole = narrashift.read_corpus([path], codebook=BOOK)
    except narrashift.UserError as error:
        assert error.problems == [str(problem) for problem in read.problems]
    else:
        assert not read.problems
        assert whole.digest == read.corpus.digest
    corpus = read.corpus
    assert len(read.places) == len(corpus.texts) == len(corpus.targets["stance"]) == len(corpus.targets["frame"])
    assert all(text.strip() for text in corpus.texts)
    assert set(corpus.column("date")) <= {None, "2024-02-01"}
    assert set(corpus.column("split")) <= {None, "train"}
    assert (corpus.weights > 0).all()
