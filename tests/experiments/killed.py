"""A program that trains and is killed after a given step, with a checkpoint after each."""

import json
import os
import signal
import subprocess
import sys

PROGRAM = """
import json, os, signal, sys
from pathlib import Path
from d2lab.experiments import train
from d2lab.train import loop
from d2lab.train.callback import Callback

class Killer(Callback):
    def on_step(self, step, result):
        if step == int(sys.argv[3]):
            os.kill(os.getpid(), signal.SIGKILL)

loop.READ_EVERY_S = 0  # a checkpoint after each step
changes = {**json.loads(sys.argv[4]), "checkpoint_every_s": 0}
train(sys.argv[1], device="cpu", changes=changes, root=Path(sys.argv[2]), callbacks=[Killer()])
"""


def killed_run(recipe, root, step, changes):
    """Train until the program dies by SIGKILL after a step; return the folder of its run."""
    arguments = [str(recipe), str(root), str(step), json.dumps(changes)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", PROGRAM, *arguments], timeout=300, env=environment)
    assert done.returncode == -signal.SIGKILL
    (folder,) = root.iterdir()
    return folder
