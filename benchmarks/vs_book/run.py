"""The alternation: a round asks both sides in turn, model by model; everything goes into one JSON file at once.

Speed, memory and accuracy are stages. Accuracy goes on from what the file already holds.
"""

import json
import subprocess
import sys
from collections.abc import Collection
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.vs_book import environment, table
from benchmarks.vs_book.contest import MODELS, THREADS, Turn, turns
from benchmarks.vs_book.memory import PeakMemory
from benchmarks.vs_book.wire import ROOT, Message, Worker, WorkerError

from d2lab.core.atomic import write_json
from d2lab.core.errors import ConfigError

HOW = {
    "speed": "Wall time of the training part of an epoch, loading included, test excluded. Book: from the request "
    "for the loader's first batch until the last one was used and the loader had ended. Ours: from the start of "
    "the epoch until its last step was looked at, record and checkpoints included. Both sides in one process each, "
    "interleaved; the first round warms up and is not counted (except with --quick).",
    "window": "Large models, at the notes' batch and side: a few steps after one that warms up. Book: its loader with "
    "its resizing, its train_ch6. Ours: an epoch of as many steps, after one that warms up, record and checkpoints "
    "included; bfloat16 is the same under autocast. No test on either side. Every round counts: each window warms up "
    "by itself.",
    "ratio": "median over rounds of the ratio within a round",
    "compiled": "torch.compile; the first epoch of every turn, in which it compiles, is left out",
    "floor": "forward, loss, backward and step on one resident, prepared batch, times the steps of an epoch, with "
    "the thread count that our loop chooses; plain: the eager model and torch.optim.SGD as it comes; ours: the form "
    "that our loop trains (convolutions on blocks, fused step)",
    "memory": "peak MiB of a fresh worker and its children over an epoch of its own, sampled every 0.05 s",
    "accuracy": "test set, after the last epoch, by each side's own measure",
}


@dataclass
class Contest:
    """What is measured, by whom, and where the numbers go."""

    out: Path
    models: list[str]
    peer: Path  # the book's Python
    quick: bool = False

    def __post_init__(self) -> None:
        self.log = environment.FOLDER / "workers.log"
        self.log.write_bytes(b"")
        self.result: dict[str, Any] = read(self.out)

    def start(self, side: str) -> Worker:
        """Start a worker of one side."""
        if side == "book":
            return Worker(self.peer, "benchmarks.vs_book.peer", environment.WORK, self.log)
        return Worker(sys.executable, "benchmarks.vs_book.ours", ROOT, self.log)

    def introduce(self, workers: dict[str, Worker]) -> None:
        """Write down who takes part, and refuse unequal versions of torch.

        Raises:
            ConfigError: the two sides have different versions of torch.
        """
        ours, peer = (workers[side].ask({"cmd": "hello"}) for side in ("ours", "book"))
        mine, theirs = ours["libraries"]["torch"], peer["libraries"]["torch"]
        if mine != theirs:
            raise ConfigError("torch of the book's environment", got=theirs, need=f"{mine}, as ours")
        commit, changed = git_state()
        self.result |= {"machine": ours, "peer": peer, "commit": commit, "uncommitted_changes": changed, "how": HOW}
        self.result["settings"] = {
            "data": "fashion-mnist",
            "batch_size": {n: MODELS[n].batch for n in MODELS},
            "threads": THREADS,
        }

    def save(self) -> None:
        """Write the numbers so far, with their summary."""
        self.result["summary"] = table.summarize(self.result)
        self.result["date"] = datetime.now(UTC).isoformat(timespec="seconds")
        write_json(self.out, self.result)

    def speed(self, rounds: int) -> None:
        """Time all turns of all rounds; numbers of an earlier session are replaced, never mixed in."""
        with ExitStack() as stack:
            workers = {side: stack.enter_context(self.start(side)) for side in ("book", "ours")}
            self.introduce(workers)
            measured: dict[str, Any] = {model: {"rounds": [], "threads": {}} for model in self.models}
            for number in range(rounds if self.quick else rounds + 1):
                for model in self.models:
                    if MODELS[model].windowed and number == rounds:
                        continue
                    counted = self.quick or number > 0 or MODELS[model].windowed
                    rates = self.one_round(
                        workers, model, measured[model]["threads"], "round" if counted else "warm-up"
                    )
                    if counted:
                        measured[model]["rounds"].append(rates)
                        self.result.setdefault("speed", {})[model] = {
                            **measured[model],
                            "commit": self.result["commit"],
                        }
                        self.save()

    def one_round(self, workers: dict[str, Worker], model: str, threads: Message, word: str) -> dict[str, float | None]:
        """Return the examples per second of each turn; a form that this machine can't compile gives none."""
        rates: dict[str, float | None] = {}
        for turn in turns(model, quick=self.quick):
            reply = ask(workers[turn.side], turn, model)
            rates[turn.name] = None if reply is None else round(reply["examples"] / reply["seconds"], 1)
            threads[turn.name] = None if reply is None else reply["threads"]
            say(f"{word}  {model}  {turn.name}: {rates[turn.name]} examples/s")
        return rates

    def memory(self) -> None:
        """Watch a fresh worker of each side through an epoch."""
        for model in [name for name in self.models if not MODELS[name].windowed]:
            for turn in turns(model, quick=True)[:2]:
                with self.start(turn.side) as worker:
                    worker.ask({"cmd": "hello"})
                    with PeakMemory(worker.process.pid) as watch:
                        worker.ask({**turn.request, "model": model})
                self.result.setdefault("memory", {}).setdefault(model, {})[turn.name] = watch.peak
                say(f"memory  {model}  {turn.name}: {watch.peak} MiB")
                self.save()

    def accuracy(self, seeds: int, epochs: int) -> None:
        """Train to the end from each seed, what is missing first; safe to break off and start again."""
        with ExitStack() as stack:
            workers = {side: stack.enter_context(self.start(side)) for side in ("book", "ours")}
            self.introduce(workers)
            scores = self.result.setdefault("accuracy", {})
            for model in [name for name in self.models if not MODELS[name].windowed]:
                for side, worker in workers.items():
                    made_by = made_of(side, self.result)
                    kept = still_good(scores.setdefault(model, {}).get(side, []), epochs, made_by)
                    for seed in [s for s in range(seeds) if s not in {entry["seed"] for entry in kept}]:
                        reply = worker.ask(
                            {"cmd": "accuracy", "model": model, "seed": seed, "epochs": epochs, "threads": 2}
                        )
                        entry = {"seed": seed, "epochs": epochs, "made_by": made_by, **reply}
                        kept = sorted([*kept, entry], key=lambda e: e["seed"])
                        scores[model][side] = kept
                        say(f"accuracy  {model}  {side}  seed {seed}: {reply['accuracy']:.4f}")
                        self.save()


def ask(worker: Worker, turn: Turn, model: str) -> Message | None:
    """Ask for a turn; only the compiled one may fail, for want of a compiler.

    Raises:
        WorkerError: another turn failed.
    """
    try:
        return worker.ask({**turn.request, "model": model})
    except WorkerError as error:
        if not turn.request.get("compiled") or worker.process.poll() is not None:
            raise
        say(str(error))
        return None


def made_of(side: str, result: Message) -> str:
    """Name what decides a side's accuracy: our source, or the book's versions."""
    libraries = result["peer"]["libraries"]
    if side == "book":
        return f"d2l {libraries['d2l']}, torch {libraries['torch']}"
    return f"source {result['machine']['source']}, torch {result['machine']['libraries']['torch']}"


def still_good(entries: list[Message], epochs: int, made_by: str) -> list[Message]:
    """Keep the entries that the same code made with the same budget; the others are measured again."""
    return [entry for entry in entries if entry["epochs"] == epochs and entry["made_by"] == made_by]


def read(path: Path) -> dict[str, Any]:
    """Read the results of an earlier session; none gives an empty table.

    Raises:
        ConfigError: the file is no JSON object.
    """
    if not path.exists():
        return {}
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise ConfigError("--out", got=str(path), need="a new file, or one this benchmark wrote")
    return value


def git_state() -> tuple[str, bool]:
    """Return the commit and whether files of ours differ from it."""
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    command = ["git", "status", "--porcelain", "--", "src", "benchmarks"]
    status = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    lines = [line for line in status.stdout.splitlines() if not line.endswith(".json")]
    return head.stdout.strip() or "unknown", bool(lines)


def say(line: str) -> None:
    """Tell what was just measured."""
    print(line, file=sys.stderr, flush=True)


def check_models(names: list[str], known: Collection[str] = tuple(MODELS)) -> list[str]:
    """Refuse a model that takes no part.

    Raises:
        ConfigError: it is unknown.
    """
    for name in names:
        if name not in known:
            raise ConfigError("--models", got=name, need=f"some of {', '.join(known)}, with commas between")
    return names
