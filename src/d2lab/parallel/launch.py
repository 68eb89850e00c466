"""Start a command in several processes of this machine by torch's elastic launch, as `torchrun --standalone` does.

What torchrun prints of a failure is for its own developers; here the first error of a process comes back as a value.
"""

import json
import logging
import os
import signal
import sys
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from d2lab.core.errors import ConfigError
from d2lab.parallel.ranks import LostError, launched

ERROR_FILE = "TORCHELASTIC_ERROR_FILE"  # where torchrun looks for the error of a process
EXIT_ERROR = 2
LOST = "follows from the failure of another process"
QUIET = "D2LAB_LAUNCHED"  # set in processes whose errors are told by the one that started them


@dataclass(frozen=True, slots=True)
class Ended:
    """How a launch ended.

    Args:
        code: 0, the exit code of the process that failed first, or 128 + the number of a signal.
        line: what that process said of its error; empty where it said nothing, or said it itself.
    """

    code: int
    line: str = ""


def launch(module: str, arguments: Sequence[str], *, processes: int, restarts: int = 0) -> Ended:
    """Run `python -m module arguments` in several processes until all have ended.

    When a process is lost, all are ended and started anew, so often as `restarts` says.

    Args:
        module: name of the module.
        arguments: its command line.
        processes: how many.
        restarts: how often a lost process is forgiven.

    Raises:
        ConfigError: the number of processes can't be used, or this torch can't start several.
    """
    if processes < 1:
        raise ConfigError("processes", got=processes, need="1 or more")
    if launched():
        raise ConfigError("processes", got=processes, need="none: torchrun has started this process already")
    if not torch.distributed.is_available():
        raise ConfigError("processes", got=processes, need="a torch that is built with torch.distributed")
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    logging.getLogger("torch.distributed.elastic").setLevel(logging.CRITICAL)
    os.environ[QUIET] = "1"
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")  # DDP warns that it looks for unused weights
    if sys.platform == "win32":
        os.environ.setdefault("USE_LIBUV", "0")  # torch's wheels for Windows are built without libuv
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=processes,
        run_id=uuid.uuid4().hex,
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        max_restarts=restarts,
        monitor_interval=0.1,
    )
    try:
        elastic_launch(config, sys.executable)("-m", module, *arguments)
    except ChildFailedError as error:
        return _first_error(error)
    except SignalException as error:
        return Ended(128 + int(error.sigval))
    return Ended(0)


def _first_error(error: Any) -> Ended:  # noqa: ANN401
    """Return how the process that failed first ended; those that missed it, or were ended for it, come last.

    One that was ended while it left, for the others had missed it by then, has told its own error before.
    """

    def order(rank: int) -> tuple[bool, int, int]:
        failure = error.failures[rank]
        told = _told(failure)
        follows = bool(told.get(LOST)) or (failure.exitcode == -signal.SIGTERM and not told)
        return follows, failure.timestamp, rank

    first = min(error.failures, key=order)
    failure = error.failures[first]
    if failure.exitcode < 0 and not _told(failure):
        name = signal.Signals(-failure.exitcode).name
        line = f"process {first} was ended by {name}. Its run goes on from the last checkpoint: d2lab resume RUN."
        return Ended(EXIT_ERROR, line)
    return Ended(EXIT_ERROR if failure.exitcode < 0 else failure.exitcode, str(_told(failure).get("message", "")))


def _told(failure: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return what a process left in its error file; nothing where it left none, or torch wrote it."""
    told = (failure.error_file_data or {}).get("message")
    return told if isinstance(told, dict) else {}


def tell_launcher(error: BaseException, line: str) -> bool:
    """Leave the line of an error where torchrun looks for it; say whether the launcher prints it.

    Args:
        error: what was raised.
        line: what the user reads of it.
    """
    path = os.environ.get(ERROR_FILE)
    if path is None or not launched():
        return False
    extra = {"py_callstack": line, "timestamp": str(int(time.time()))}
    stated = {"message": line, "extraInfo": extra, LOST: isinstance(error, LostError)}
    Path(path).write_text(json.dumps({"message": stated}), encoding="utf-8")
    return QUIET in os.environ
