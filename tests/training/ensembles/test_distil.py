"""Several seeds into one bundle: teachers kept or dropped, stopped and gone on with, tracked as one."""

from __future__ import annotations

import json
import shutil

import pytest

import narrashift
from narrashift.model.bundle import open_bundle
from narrashift.model.errors import Interrupted
from narrashift.training.ensembles.distil import distil
from narrashift.training.settings import TrainSettings

UNLABELLED = [f"Report {i}: the council of village {i} spoke about water, roads and winter." for i in range(12)]


@pytest.fixture(scope="module")
def settings(tiny_settings):
    return TrainSettings(**(tiny_settings.model_dump() | {"epochs": 1}))


@pytest.fixture(scope="module")
def distilled(small_corpus, settings, tmp_path_factory):
    out = tmp_path_factory.mktemp("distilled") / "b"
    return distil(corpus=small_corpus, out=out, seeds=2, settings=settings, unlabelled=UNLABELLED)


def test_the_pupil_is_a_bundle_of_the_teachers_size_that_says_who_taught_it(distilled, small_corpus):
    bundle = open_bundle(distilled.pupil.bundle)
    teachers = [open_bundle(distilled.folder / name) for name in ("seed-0", "seed-1")]
    sizes = {(one.path / "model.safetensors").stat().st_size for one in (bundle, *teachers)}
    assert max(sizes) - min(sizes) < 100
    told = bundle.json("provenance.json")["teachers"]
    assert told["bundles"] == {one.path.name: one.digest for one in teachers}
    assert told["unlabelled"] == len(UNLABELLED)
    own = bundle.json("metrics.json")["test"]["macro_f1/stance"]
    assert told["figures"]["macro_f1/stance"]["pupil"] == pytest.approx(own, abs=1e-6)
    alone = [one.json("metrics.json")["test"]["macro_f1/stance"] for one in teachers]
    assert told["figures"]["macro_f1/stance"]["alone"] == pytest.approx(sum(alone) / 2, abs=1e-6)
    card = (bundle.path / "README.md").read_text()
    assert "## Teachers" in card and all(one.digest in card for one in teachers)
    assert len(narrashift.load(bundle.path).predict(small_corpus.texts[:2])) == 2


def test_the_teachers_probabilities_are_their_mean_on_train_then_on_what_is_unlabelled(distilled, small_corpus):
    texts = [small_corpus.texts[i] for i, split in enumerate(small_corpus.column("split")) if split == "train"]
    told = distilled.teachers.probabilities["stance"]
    assert len(told) == len(texts) + len(UNLABELLED)
    each = []
    for name in ("seed-0", "seed-1"):
        bundle = open_bundle(distilled.folder / name)
        logits = bundle.classifier().logits([*texts, *UNLABELLED]).tasks
        each.append(
            narrashift.model.decision.all_probabilities(logits, codebook=bundle.codebook, decision=bundle.decision)
        )
    assert told == pytest.approx((each[0]["stance"] + each[1]["stance"]) / 2, abs=1e-6)


def test_stopped_at_the_pupil_it_goes_on_without_training_or_asking_a_teacher_again(
    distilled, small_corpus, settings, tmp_path
):
    def stop(what, done, total):
        if "the pupil" in what and done:
            raise Interrupted

    arguments = {
        "corpus": small_corpus,
        "out": tmp_path / "b",
        "seeds": 2,
        "settings": settings,
        "unlabelled": UNLABELLED,
    }
    with pytest.raises(Interrupted):
        distil(**arguments, progress=stop)
    with pytest.raises(narrashift.UserError, match="exists already"):
        distil(**arguments)
    said = []
    resumed = distil(**arguments, resume=True, keep_teachers=False, progress=lambda what, *_: said.append(what))
    assert not [what for what in said if "epoch" in what and "the pupil" not in what]
    assert not [what for what in said if "asking" in what]
    assert open_bundle(resumed.pupil.bundle).digest == open_bundle(distilled.pupil.bundle).digest
    assert (resumed.folder, [path.name for path in tmp_path.iterdir()]) == (None, ["b"])


def test_one_teacher_is_refused_before_anything_is_written(small_corpus, settings, tmp_path):
    with pytest.raises(narrashift.UserError, match="at least 2 teachers"):
        distil(corpus=small_corpus, out=tmp_path / "b", seeds=1, settings=settings)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--distill", "--seeds", 2, "--folds", 3], "share one split"),
        (["--unlabelled", "x.jsonl"], "only with --seeds N"),
        (["--drop-teachers"], "only with --seeds N"),
    ],
)
def test_flags_that_do_not_go_together_are_refused_in_a_line(flags, said, command, small_file, tmp_path):
    ended = command("train", small_file, "--out", tmp_path / "b", "--no-track", *flags)
    assert (ended.code, len(ended.lines)) == (2, 1)
    assert said in ended.err


@pytest.mark.slow
def test_the_command_tracks_teachers_and_pupil_below_one_run_and_registers_the_pupil_alone(
    command, small_file, settings, store_template, tmp_path, monkeypatch
):
    import mlflow

    shutil.copy(store_template, tmp_path / "mlflow.db")
    store = f"sqlite:///{tmp_path / 'mlflow.db'}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store)
    (tmp_path / "s.toml").write_text(settings.to_toml())
    (tmp_path / "dump.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in UNLABELLED))
    ended = command(
        "train", small_file, "--config", tmp_path / "s.toml", "--out", tmp_path / "b", "--seeds", 2, "--distill",
        "--unlabelled", tmp_path / "dump.jsonl", "--drop-teachers",
    )  # fmt: skip
    assert ended.code == 0, ended.err
    assert "2 teachers and 12 unlabelled passages" in ended.out
    assert "not kept" in ended.err and not (tmp_path / "b.teachers").exists()
    client = mlflow.MlflowClient(tracking_uri=store, registry_uri=store)
    runs = client.search_runs([found.experiment_id for found in client.search_experiments()])
    [parent] = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    assert {run.info.run_name for run in runs if run is not parent} == {"seed-0-seed0", "seed-1-seed1", "b-seed0"}
    assert {run.data.tags["mlflow.parentRunId"] for run in runs if run is not parent} == {parent.info.run_id}
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert "test/pupil/macro_f1/stance" in parent.data.metrics
    [version] = client.search_model_versions("name = 'narrashift'")
    assert client.get_run(version.run_id).info.run_name == "b-seed0"
