"""A run killed again and again ends at the same bits; `tools/kill_test.py` does more of them."""

import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools" / "kill_test.py"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_killed_runs_end_at_the_same_bits():
    done = subprocess.run(
        [sys.executable, TOOL, "--kills", "6", "--armed", "12"], capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every bit as in the undisturbed run" in done.stdout
    assert "12 kills before one of" in done.stdout
