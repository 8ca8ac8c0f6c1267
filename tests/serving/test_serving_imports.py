from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import sys
import narrashift
bundle, dump, out = sys.argv[1:]
narrashift.score([dump], model=bundle, out=f"{out}/network")
narrashift.score([dump], model=f"{bundle}/tfidf", out=f"{out}/tfidf")
print(*(name for name in sys.modules if name.split(".")[0] == "mlflow" or name.startswith("narrashift.training")))
"""


@pytest.mark.slow
def test_scoring_imports_neither_mlflow_nor_training(write_dump, tiny_bundle, tmp_path):
    dump = write_dump([{"id": 1, "text": "Kyiv holds."}])
    command = [sys.executable, "-c", PROGRAM, str(tiny_bundle), str(dump), str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (ran.returncode, ran.stdout.strip()) == (0, ""), ran.stderr[-2_000:]


def test_the_package_is_imported_without_torch():
    program = "import sys, narrashift, narrashift.cli; print(*({'torch', 'mlflow', 'pyarrow'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout.strip()) == (0, ""), ran.stderr[-2_000:]
