"""Hostile command lines: every verb, its options and arguments with values that nobody means."""

import os
import random
import shutil
from pathlib import Path
from typing import Any

import typer
from tools.fuzzing.case import Case, Made, run_case
from tools.fuzzing.records import FINISHED, draw

from d2lab.cli.main import app
from d2lab.experiments import train

HOSTILE = [
    "",
    " ",
    "-1",
    "0",
    "1",
    "2",
    "1e-30",
    "1e30",
    str(10**20),
    "nan",
    "inf",
    "-inf",
    "x" * 100_000,
    "9" * 100_000,
    "\udcff",
    "\ud800",
    "-",
    "--",
    "--help",
    "=",
    "a=b",
    "../victim",
    "/",
    "/dev/zero",
    "/dev/null",
    "/etc/passwd",
    ".",
    "..",
    "~",
    "~nobody/x",
    "*",
    "$HOME",
    "a\nb",
    "a\x1b[2Jb",
    "名字",
    "runs",
    f"runs/{FINISHED}",
    f"runs/{FINISHED}/recipe.json",
    "digit.png",
    "text.txt",
    "fifo",
    "empty",
    "mlp",
    "lenet",
    "softmax",
    "nothing",
    "digits",
    "scenes",
    "coco:.",
    "voc:",
    "yolo:empty",
    "labelme:fifo",
    "folder:.",
    "folder:",
    "folder:empty",
    "folder:fifo",
    "cpu",
    "cuda",
    "cuda:99",
    "mps",
    "smoke",
    "full",
    "onnx",
    "zh",
    "en",
    "learning_rate=nan",
    "batch_size=0",
    "hidden=",
    "hidden=8,,8",
    "loop.epochs=1",
    "x" * 300 + ".png",
]
SHORT = {  # so that a command line that is right ends in seconds
    "train": ["--budget=smoke", "--device=cpu", "--set=epochs=1", "--set=examples=64"],
    "sweep": ["--budget=smoke", "--device=cpu", "--seeds=1", "--set=examples=64"],
    "check": ["--smoke", "--budget=1"],
    "learn": ["--no-browser"],
    "explore": ["--no-browser"],
}
SERVES_OR_TRAINS = {
    "train",
    "resume",
    "sweep",
    "learn",
    "explore",
    "check",
    "site check",
}  # may take longer; Ctrl-C must end them
LEFT_OUT = {"site build", "site run", "twins"}  # build for minutes by design; their options are tried with --help


class Commands:
    """The kind `commands`."""

    def __init__(self, base: Path) -> None:
        """Make a run, an image and what else a command line may name; list the verbs."""
        self.base = base / "commands"
        self.base.mkdir()
        train(
            "mlp",
            changes={"hidden": (8,), "examples": 64, "epochs": 1, "threads": 1},
            device="cpu",
            root=self.base / "runs",
        )
        next((self.base / "runs").iterdir()).rename(self.base / "runs" / FINISHED)
        draw(self.base / "digit.png")
        (self.base / "text.txt").write_text("text")
        (self.base / "empty").mkdir()
        self.verbs: dict[str, Any] = {}
        self._walk(typer.main.get_command(app), ())

    def _walk(self, command: Any, path: tuple[str, ...]) -> None:  # noqa: ANN401
        if hasattr(command, "commands"):
            for name, inner in command.commands.items():
                self._walk(inner, (*path, name))
        else:
            self.verbs[" ".join(path)] = command

    def learn_answers(self, place: Path) -> list[str]:
        """Show every verb's help; return what is already wrong."""
        return run_case([(*verb.split(), "--help") for verb in self.verbs], place).faults

    def make(self, rng: random.Random, place: Path, victim: Path) -> Made:
        """Choose one command line."""
        shutil.copytree(self.base, place, dirs_exist_ok=True)
        os.mkfifo(place / "fifo")
        verb = rng.choice(sorted(self.verbs))
        words = self._words(verb, rng)
        told = str([word if len(word) < 99 else f"{word[:9]}... {len(word)}" for word in words])
        return Made([words], [told], programs=True, stoppable=verb in SERVES_OR_TRAINS)

    def judge(self, case: Case, made: Made, place: Path) -> None:
        """Add nothing: any line is an answer."""

    def _words(self, verb: str, rng: random.Random) -> list[str]:
        words, command = [], self.verbs[verb]
        for parameter in command.params:
            argument = parameter.param_type_name == "argument"
            if argument and (parameter.required or rng.random() < 0.5):
                right = {
                    "run": f"runs/{FINISHED}",
                    "runs": f"runs/{FINISHED}",
                    "recipe": "mlp",
                    "source": "scenes",
                    "images": "digit.png",
                    "image": "digit.png",
                }
                words.append(
                    right[parameter.name] if parameter.name in right and rng.random() < 0.7 else rng.choice(HOSTILE)
                )
            elif not argument and parameter.name != "help" and rng.random() < min(0.6, 2 / len(command.params)):
                flag = getattr(parameter, "is_flag", False)
                words += [rng.choice(parameter.opts)] if flag else [rng.choice(parameter.opts), rng.choice(HOSTILE)]
        if rng.random() < 0.1:
            words.insert(rng.randrange(len(words) + 1), rng.choice(["--nothing", "-x", *HOSTILE]))
        if verb in LEFT_OUT:
            words.append("--help")
        return [*verb.split(), *SHORT.get(verb, []), *[word.replace("\0", "") for word in words]]
