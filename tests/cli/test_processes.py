"""`d2lab train --processes N`, and the same under torchrun itself: one record, one line for an error, restarts."""

import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from d2lab.cli.train import without_options
from d2lab.train.record import find_records

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not torch.distributed.is_available(), reason="this torch has no torch.distributed"),
]
ROOT = Path(__file__).parents[2]
SMALL = ["--device", "cpu", "--set", "examples=100", "--set", "epochs=2", "--set", "batch_size=32"]
FAILING = """
import os
from d2lab.core.errors import DataError
from d2lab.recipes.mlp import RECIPE

if os.environ.get("RANK") == "1":
    raise DataError("the part of process 1", got="nothing", need="examples")
"""


@pytest.fixture
def run(tmp_path):
    """Run a command line as a user does; give exit code, output and errors."""

    def call(*arguments, module=("-m", "d2lab"), cwd=None):
        environment = {**os.environ, "D2LAB_RUNS": str(tmp_path / "runs"), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, *module, *map(str, arguments)]
        done = subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, timeout=300)
        return done.returncode, done.stdout, done.stderr

    return call


@pytest.fixture
def records(tmp_path):
    return lambda: find_records(tmp_path / "runs")


def epochs(record):
    return [row for row in record.rows() if "epoch" in row]


def test_two_processes_train_what_one_trains(run, records):
    assert run("train", "mlp", "-q", *SMALL)[0] == 0
    code, said, errors = run("train", "mlp", "--processes", 2, *SMALL)
    assert (code, errors) == (0, "")
    assert said.count("finished:") == 1
    one, two = records()
    assert two.machine()["processes"] == 2
    for row, of_one in zip(epochs(two), epochs(one), strict=True):
        for name in ("train_loss", "test_loss", "test_accuracy", "examples"):
            assert row[name] == pytest.approx(of_one[name], rel=1e-4)
    assert run("evaluate", two.folder)[0] == 0
    # on in one process, and in three
    assert run("resume", two.folder, "--epochs", 3, "-q")[0] == 0
    code, said, errors = run("resume", two.folder, "--epochs", 4, "--processes", 3)
    assert (code, errors) == (0, "")
    assert [row["epoch"] for row in epochs(two)] == [1, 2, 3, 4]
    assert run("resume", one.folder, "--epochs", 4, "-q")[0] == 0
    assert epochs(two)[-1]["test_loss"] == pytest.approx(epochs(one)[-1]["test_loss"], rel=1e-3)


def test_weights_in_shares_are_saved_whole(run, records):
    code, _, errors = run("train", "mlp", "-q", "--processes", 2, "--set", "shard=full", *SMALL)
    assert (code, errors) == (0, "")
    (record,) = records()
    assert run("evaluate", record.folder)[0] == 0
    assert run("resume", record.folder, "--epochs", 3, "-q", "--processes", 3)[0] == 0
    assert len(epochs(record)) == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("mlp", "--set", "hidden=x"), "hidden"),
        (("mlp", "--set", "examples=100", "--set", "batch_size=33"), "the last batch: got '1 of the examples'"),
        (("ngram", "--budget", "smoke"), "processes: got 2, need 1"),
    ],
)
def test_an_error_of_all_is_one_line(run, records, arguments, words):
    code, _, errors = run("train", *arguments, "--device", "cpu", "--processes", 2)
    assert code == 2
    assert words in errors
    assert errors.startswith("d2lab: ")
    assert errors.count("\n") == 1
    assert records() == []


def test_an_error_of_one_process_is_one_line(run, tmp_path):
    own = tmp_path / "own.py"
    own.write_text(FAILING)
    code, _, errors = run("train", own, "--device", "cpu", "--processes", 2)
    assert code == 2
    assert errors == "d2lab: the part of process 1: got 'nothing', need examples.\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_process_that_is_killed_is_told(run, tmp_path):
    own = tmp_path / "own.py"
    own.write_text(FAILING.partition("raise")[0] + f"os.kill(os.getpid(), {int(signal.SIGKILL)})\n")
    code, _, errors = run("train", own, "--device", "cpu", "--processes", 2)
    assert code == 2
    assert errors.count("\n") == 1
    assert "process 1 was ended by SIGKILL" in errors


def test_torchrun_itself_starts_them(run, records):
    torchrun = "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "d2lab"
    code, said, _ = run("train", "softmax", *SMALL, module=torchrun)
    assert code == 0
    assert said.count("finished:") == 1
    (record,) = records()
    assert record.machine()["processes"] == 2


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux answers on all of 127.0.0.0/8")
def test_two_machines_on_two_loopback_addresses_train_one_run(run, records, monkeypatch):
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "lo")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        meeting = f"127.0.0.1:{free.getsockname()[1]}"

    def machine(number):
        torchrun = "-m", "torch.distributed.run", "--nnodes=2", "--nproc-per-node=1", "--rdzv-backend=c10d"
        where = f"--rdzv-endpoint={meeting}", "--rdzv-id=two", f"--local-addr=127.0.0.{1 + number}", "-m", "d2lab"
        return run("train", "softmax", *SMALL, module=(*torchrun, *where))

    with ThreadPoolExecutor(2) as pool:
        codes = [code for code, _, _ in pool.map(machine, range(2))]
    assert codes == [0, 0]
    (record,) = records()
    assert record.machine()["processes"] == 2
    assert [row["examples"] for row in epochs(record)] == [100, 100]


def test_a_script_with_fit_trains_one_model(run, records, tmp_path):
    script = tmp_path / "own_fit.py"
    script.write_text(
        "import torch\nfrom torch import nn\nfrom d2lab.experiments import fit\n"
        "torch.manual_seed(0)\nx = torch.randn(64, 3)\n"
        "run = fit(nn.Linear(3, 1), (x, x.sum(1, keepdim=True)), task='regression', epochs=2, device='cpu')\n"
        "assert run.status == 'finished'\n"
    )
    torchrun = "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"
    assert run(script, module=torchrun)[0] == 0
    (record,) = records()
    assert [row["examples"] for row in epochs(record)] == [64, 64]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups to end")
def test_processes_started_anew_do_not_wait_for_those_that_are_gone(tmp_path):
    """Process 1 ends before it meets process 0, which has left its address: that of the next attempt is another."""
    own = tmp_path / "own.py"
    own.write_text(
        "import os, time\nfrom d2lab.parallel.ranks import joined_ranks\n"
        "if os.environ['TORCHELASTIC_RESTART_COUNT'] == '0' and os.environ['RANK'] == '1':\n"
        "    time.sleep(2)\n    os._exit(1)\n"
        "with joined_ranks() as ranks:\n    assert ranks.gather(ranks.rank) == [0, 1]\n"
    )
    torchrun = "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "--max-restarts=1"
    agent = subprocess.Popen([sys.executable, *torchrun, own], start_new_session=True)
    try:
        assert agent.wait(timeout=120) == 0
    finally:
        agent.terminate()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for processes in /proc")
def test_a_killed_process_costs_nothing():
    tool = "tools.kill_rank_test"
    done = subprocess.run(
        [sys.executable, "-m", tool, "--kills", "3"], capture_output=True, text=True, timeout=600, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every bit as in the undisturbed run" in done.stdout


def test_the_command_line_of_a_process_lacks_what_started_it():
    given = ["train", "mlp", "--processes=2", "--set", "epochs=2", "--restarts", "3", "-q"]
    assert without_options(given, "--processes", "--restarts") == ["train", "mlp", "--set", "epochs=2", "-q"]
