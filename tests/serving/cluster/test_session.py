from __future__ import annotations

import socket
import sys

import pytest

import narrashift
from narrashift import UserError
from narrashift.serving.cluster.session import ray_session
from narrashift.serving.settings import ScoreSettings


def test_without_ray_the_error_says_what_to_install(write_dump, tiny_bundle, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    dump = write_dump([{"id": 1, "text": "Kyiv holds."}])
    with pytest.raises(UserError, match=r"--on ray: Ray is not installed.*pip install 'narrashift\[cluster\]'"):
        narrashift.score([dump], model=tiny_bundle, out=tmp_path / "out", settings=ScoreSettings(on="ray"))
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_cluster_that_does_not_answer_is_one_line():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    settings = ScoreSettings(on="ray", ray_address=address)
    said = f"--ray-address {address}: no Ray cluster answers there"
    with pytest.raises(UserError, match=said) as caught, ray_session(settings, cores=1, gpu=False):
        pass
    assert len(caught.value.lines()) == 1


@pytest.mark.parametrize(("setting", "value"), [("workers", 2), ("ray_address", "auto")])
def test_settings_of_a_cluster_need_one(setting, value):
    with pytest.raises(UserError, match=f"--{setting.replace('_', '-')}: .*is for a run on Ray. Add --on ray"):
        ScoreSettings.read(overrides={setting: value})
    assert ScoreSettings.read(overrides={setting: value, "on": "ray"}).on == "ray"


def test_only_known_places_to_run():
    with pytest.raises(UserError, match=r"--on: 'dask': .*'local' or 'ray'"):
        ScoreSettings.read(overrides={"on": "dask"})
