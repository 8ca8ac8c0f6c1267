from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

AUDIT = Path(__file__).parent.parent / ".ci" / "audit"
CLEAN = {"name": "a", "version": "1", "vulns": []}
FLAWED = {"name": "b", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3"]}, {"id": "CVE-2"}]}
SKIPPED = {"name": "c", "skip_reason": "Dependency not found"}


@pytest.mark.parametrize(
    ("packages", "said", "code", "words"),
    [
        ([CLEAN], "", 0, ["1 packages looked up, 0 with"]),
        ([CLEAN, FLAWED], "", 1, ["b 2: CVE-1, mended in 3", "b 2: CVE-2, mended in no version yet", "1 with known"]),
        ([CLEAN, SKIPPED], "", 0, ["1 packages looked up", "not looked up: c"]),
        ([SKIPPED, SKIPPED], "No known vulnerabilities found", 0, ["audit skipped", "0 of 2 packages"]),
        (None, "requests.exceptions.ConnectionError: …", 0, ["audit skipped: the data"]),
        (None, "error: unrecognized arguments: --format", 2, ["pip-audit failed", "unrecognized arguments"]),
        (None, "", 2, ["pip-audit failed"]),
    ],
    ids=["clean", "flawed", "partly", "an index without the data", "no network", "a wrong call", "nothing"],
)
def test_an_audit_fails_for_a_vulnerability_and_is_skipped_only_without_data(tmp_path, packages, said, code, words):
    """A program in the place of pip-audit that writes this report and says this."""
    fake = tmp_path / "fake.py"
    report = "" if packages is None else json.dumps({"dependencies": packages})
    fake.write_text(
        f"import sys\nsys.stderr.write({said!r})\nif {report!r}:\n    open(sys.argv[-1], 'w').write({report!r})\n"
        f"sys.exit({int(packages is None or FLAWED in packages)})\n"
    )
    ran = subprocess.run([sys.executable, AUDIT, sys.executable, fake], capture_output=True, text=True, timeout=60)
    assert ran.returncode == code
    for word in words:
        assert word in ran.stdout + ran.stderr
