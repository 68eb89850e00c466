"""The stages: what is missing is trained, and every number is in the file before the next is sought."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import torch
from benchmarks.gpu import work
from benchmarks.gpu.contest import FAST, FAST_DATA, PRECISIONS, PROFILED, TARGETS
from benchmarks.vs_book.run import git_state, read, say, still_good
from benchmarks.vs_book.wire import Message

from d2lab.core.atomic import write_json
from d2lab.core.device_card import describe_device
from d2lab.core.errors import ConfigError
from d2lab.core.machine import describe_machine
from d2lab.recipes import find_recipe

HOW = {
    "examples_per_s": "median over the epochs after the first of examples / seconds of the epoch's training part: "
    "batches, steps, looks at the losses, record; test and first epoch excluded",
    "floor": f"forward, loss, backward and step on one resident, prepared batch, {work.FLOOR_STEPS} steps after as "
    "many that warm up, same form, precision and optimizer as the loop's",
    "accuracy": "test set, after the last epoch",
    "peak_bytes": "most memory that tensors took on the device at once, test included",
    "ddp": "one process, its gradients averaged with nobody's: examples a second of a step inside DDP over those of "
    "the plain step, in alternation, median of the rounds",
    "seconds": "cifar10: training parts of all epochs, the first one (loading kernels, compiling) counted as the "
    "median of the others; tests, data and start excluded; one run before the first warms up and is not counted",
}


@dataclass
class Bench:
    """What is measured, where, and what failed on the way."""

    out: Path
    device: torch.device
    quick: bool = False
    data: str = FAST_DATA[0]  # of the stage cifar10
    commit: str | None = None
    minutes: float | None = None  # after which nothing new is begun
    failures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ends = None if self.minutes is None else time.monotonic() + 60 * self.minutes
        self.result: dict[str, Any] = read(self.out)
        machine, card = describe_machine(), describe_device(self.device)
        commit, changed = git_state()
        self.result["machine"] = {**machine, "device": card.name, "device_bytes": card.total_bytes}
        self.result |= {"commit": self.commit or commit, "uncommitted_changes": changed, "how": HOW}
        self.made_by = f"source {machine['source']}, torch {torch.__version__}, {card.name}"

    def everything(self, models: list[str], targets: list[float], seeds: int, epochs: int) -> None:
        """Do what says most in a short time first: profiles, DDP, a seed of each target and model, then the others."""
        self.profiles()
        self.data_parallel()
        self.cifar10(targets[:1], 1)
        self.notes(models, 1, epochs, PRECISIONS[-1:])
        self.cifar10(targets[-1:], 1)
        self.notes(models, seeds, epochs)
        self.cifar10(targets, seeds)

    def profiles(self) -> None:
        """Profile a step of a small and of a large model."""
        for model in PROFILED:
            self._once("profiles", model, lambda model=model: work.profiled(model, self.device, quick=self.quick))

    def data_parallel(self) -> None:
        """Time steps inside DDP beside plain ones, in one process."""
        for model in PROFILED:
            self._once("ddp", model, lambda model=model: work.ddp_share(model, self.device, quick=self.quick))

    def _once(self, stage: str, model: str, action: Callable[[], Message]) -> None:
        """Do it unless this source has done it on this card."""
        kept = self.result.setdefault(stage, {})
        if kept.get(model, {}).get("made_by") != self.made_by:
            found = self._try(f"{stage}  {model}", action)
            if found is not None:
                kept[model] = found | {"made_by": self.made_by}
                self._save()

    def notes(self, models: list[str], seeds: int, epochs: int, precisions: Sequence[str] = PRECISIONS) -> None:
        """Take the floor of each model and train it from each seed, in both precisions."""
        runs = self.result.setdefault("notes", {})
        for model, precision in product(models, precisions):
            kept = still_good(runs.get(model, {}).get(precision, []), epochs, self.made_by)
            missing = [seed for seed in range(seeds) if seed not in {entry["seed"] for entry in kept}]
            if missing:
                self._floor(model, precision)
            for seed in missing:
                found = self._try(f"{model}  {precision}  seed {seed}", self._notes_run, model, precision, seed, epochs)
                if found is not None:
                    kept = sorted([*kept, found | self._mark(seed, epochs)], key=lambda entry: entry["seed"])
                    runs.setdefault(model, {})[precision] = kept
                    self._save()

    def cifar10(self, targets: list[float], seeds: int) -> None:
        """Train the fast recipe at the settings of each target, from each seed.

        Raises:
            ConfigError: this d2lab has no such recipe.
        """
        find_recipe(FAST)
        runs = self.result.setdefault("cifar10", {})
        for target in targets:
            epochs = int(str(TARGETS[target]["epochs"]))
            kept = still_good(runs.get(str(target), []), epochs, self.made_by)
            alike = {"settings": TARGETS[target], "data": self.data}
            kept = [entry for entry in kept if self.quick or alike.items() <= entry.items()]
            missing = [seed for seed in range(seeds) if seed not in {entry["seed"] for entry in kept}]
            if missing and not self.quick:
                self._try(f"cifar10  {target}  warm-up", self._fast_run, target, 0)
            for seed in missing:
                found = self._try(f"cifar10  {target}  seed {seed}", self._fast_run, target, seed)
                if found is not None:
                    kept = sorted([*kept, found | self._mark(seed, epochs)], key=lambda entry: entry["seed"])
                    runs[str(target)] = kept
                    self._save()

    def _notes_run(self, model: str, precision: str, seed: int, epochs: int) -> Message:
        return work.notes_run(model, precision, seed, epochs, self.device, quick=self.quick)

    def _fast_run(self, target: float, seed: int) -> Message:
        return work.fast_run(target, seed, self.device, data=self.data, quick=self.quick)

    def _floor(self, model: str, precision: str) -> None:
        rate = self._try(f"{model}  {precision}  floor", self._floor_run, model, precision)
        if rate is not None:
            self.result.setdefault("floors", {}).setdefault(model, {})[precision] = rate
            self._save()

    def _floor_run(self, model: str, precision: str) -> Message:
        rate = work.floor(model, precision, self.device, quick=self.quick)
        return {"examples_per_s": rate, "made_by": self.made_by}

    def _mark(self, seed: int, epochs: int) -> Message:
        return {"seed": seed, "epochs": epochs, "made_by": self.made_by}

    def _try(self, what: str, action: Callable[..., Message], *given: object) -> Message | None:
        """Do it and tell; a card that is out of memory fails this run, not those after it."""
        if self.ends is not None and time.monotonic() > self.ends:
            return None
        try:
            found = action(*given)
        except torch.OutOfMemoryError as error:
            self.failures.append(what)
            say(f"{what}: {str(error).splitlines()[0]}")
            return None
        say(f"{what}: {found}")
        return found

    def _save(self) -> None:
        self.result["date"] = datetime.now(UTC).isoformat(timespec="seconds")
        write_json(self.out, self.result)


def check_targets(words: list[str]) -> list[float]:
    """Turn targets in percent or shares into shares.

    Raises:
        ConfigError: one has no settings.
    """
    by_words = {form: target for target in TARGETS for form in _forms(target)}
    for word in words:
        if word not in by_words:
            need = f"some of {', '.join(f'{t:.0%}'.rstrip('%') for t in TARGETS)}, with commas between"
            raise ConfigError("--targets", got=word, need=need)
    return [by_words[word] for word in words]


def _forms(target: float) -> Iterator[str]:
    yield from (str(target), f"{target:.0%}", f"{target:.0%}".rstrip("%"))
