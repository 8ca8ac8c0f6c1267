"""Ctrl-C, and a listener that fails, at every moment that can be heard of."""

from __future__ import annotations

import json

import pytest

import narrashift
from narrashift.serving.settings import ScoreSettings


class Stop(BaseException):
    """What Ctrl-C is like: no `Exception`."""


def test_a_run_interrupted_at_any_tick_goes_on_to_the_same_data(
    write_dump, tiny_bundle, tmp_path, read_folder, articles, small_parts
):
    rows = [*articles[:9], {"id": None, "text": ""}, "{", *articles[9:18]]
    dump, settings = write_dump(rows), ScoreSettings(part=1)
    heard: list[str] = []
    calm = tmp_path / "calm"
    narrashift.score([dump], model=tiny_bundle, out=calm, settings=settings, progress=lambda *told: heard.append(told))
    assert len(heard) > 5
    for moment in range(len(heard)):
        left = moment

        def stop(*told: object) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise Stop

        out = tmp_path / f"stopped-{moment}"
        with pytest.raises(Stop):
            narrashift.score([dump], model=tiny_bundle, out=out, settings=settings, progress=stop)
        scored = narrashift.score([dump], model=tiny_bundle, out=out, settings=settings)
        assert read_folder(out).same_data(read_folder(calm))
        assert scored.counts.rows == 20


def test_an_interrupted_run_says_how_far_it_is(write_dump, tiny_bundle, tmp_path, articles, small_parts):
    def stop(what: str, done: float, total: float) -> None:
        if done > 10:
            raise Stop

    with pytest.raises(Stop):
        narrashift.score(
            [write_dump(articles)], model=tiny_bundle, out=tmp_path / "out", settings=ScoreSettings(part=1),
            progress=stop,
        )  # fmt: skip
    progress = json.loads((tmp_path / "out" / "progress.json").read_text("utf-8"))
    assert progress["done"] is False
    assert progress["rows"] == 4 * progress["parts"]


@pytest.mark.parametrize("engine", ["onnx", "onnx-int8"])
def test_what_is_reprinted_has_the_same_scores_bit_by_bit_after_a_restart_by_onnx(
    write_dump, exported_bundle, tmp_path, read_folder, articles, small_parts, engine
):
    """A new process remembers no answers: what the calm run reused, it asks again, beside other passages."""
    texts = [article["text"] for article in articles]
    rows = [{"id": n, "text": texts[n % 5] if n % 2 else texts[n % 12]} for n in range(40)]
    dump, settings = write_dump(rows), ScoreSettings(part=1, engine=engine, device="cpu")
    calm = narrashift.score([dump], model=exported_bundle, out=tmp_path / "calm", settings=settings)
    assert calm.reused > 20
    for moment in range(3, 40, 8):

        def stop(what: str, done: float, total: float, moment: int = moment) -> None:
            if done > moment:
                raise Stop

        with pytest.raises(Stop):
            narrashift.score([dump], model=exported_bundle, out=tmp_path / "out", settings=settings, progress=stop)
    reused = narrashift.score([dump], model=exported_bundle, out=tmp_path / "out", settings=settings).reused
    assert reused < calm.reused
    assert read_folder(tmp_path / "out").same_data(read_folder(tmp_path / "calm"))
