"""A worker process and its parent: one JSON object a line, a request in, a reply out. Standard library only."""

import contextlib
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]  # of the checkout
Message = dict[str, Any]


class WorkerError(RuntimeError):
    """A worker that answered with an error, or died."""


def serve(commands: dict[str, Callable[..., Message]]) -> None:
    """Answer requests until the parent hangs up; whatever the commands print goes to the error stream."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = commands[request.pop("cmd")](**request)
        except Exception as error:
            traceback.print_exc()
            reply = {"error": f"{type(error).__name__}: {error}"}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


class Worker:
    """A worker in its own process; use as a context."""

    def __init__(self, python: Path | str, module: str, folder: Path, log: Path) -> None:
        self.module, self.log = module, log
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg", "PYTHONUTF8": "1"}
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                [str(python), "-m", module],
                cwd=folder,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                encoding="utf-8",
            )

    def ask(self, request: Message) -> Message:
        """Send a request and wait for its reply.

        Raises:
            WorkerError: the worker failed or died; its error stream is in the log.
        """
        assert self.process.stdin
        assert self.process.stdout
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        reply: Message = json.loads(line) if line else {"error": "the process ended"}
        if "error" in reply:
            raise WorkerError(f"{self.module}, {request}: {reply['error']} (see {self.log})")
        return reply

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin
        assert self.process.stdout
        with contextlib.suppress(BrokenPipeError):  # it is dead already
            self.process.stdin.close()  # the worker's loop ends
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
