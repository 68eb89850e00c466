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
from d2lab.parallel.ranks import launched

ERROR_FILE = "TORCHELASTIC_ERROR_FILE"  # where torchrun looks for the error of a process
EXIT_ERROR = 2
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
    """Return how the process that failed first ended."""
    rank, failure = error.get_first_failure()
    if failure.exitcode < 0:
        name = signal.Signals(-failure.exitcode).name
        line = f"process {rank} was ended by {name}. Its run goes on from the last checkpoint: d2lab resume RUN."
        return Ended(EXIT_ERROR, line)
    told = failure.error_file_data.get("message", "") if failure.error_file_data else ""
    line = told.get("message", "") if isinstance(told, dict) else str(told)
    return Ended(failure.exitcode, line)


def tell_launcher(line: str) -> bool:
    """Leave the line of an error where torchrun looks for it; say whether the launcher prints it.

    Args:
        line: the error.
    """
    path = os.environ.get(ERROR_FILE)
    if path is None or not launched():
        return False
    stated = {"message": {"message": line, "extraInfo": {"py_callstack": line, "timestamp": str(int(time.time()))}}}
    Path(path).write_text(json.dumps(stated), encoding="utf-8")
    return QUIET in os.environ
