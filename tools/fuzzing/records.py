"""Damaged records: a finished run and one that was killed, altered, then read by the verbs that read records."""

import hashlib
import json
import random
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tools.fuzzing.case import Case, Made, Step, run_case
from tools.fuzzing.damage import damage_json, damage_tree
from tools.fuzzing.killed import SETTINGS, killed_run

from d2lab.core.json_file import canonical_hash
from d2lab.experiments import load_run, resume, train
from d2lab.train.checkpoint import load_checkpoint

CHANGES = {**SETTINGS, "dropout": 0.2}
FINISHED, BROKEN_OFF, WHOLE = "mlp-20260101-000000-0", "mlp-20260101-000001-0", "mlp-20260101-000002-0"
PROGRESS = {"format": 1, "exercises": {"one": {"tries": 2, "done": "2026-01-02"}, "two": {"tries": 1, "done": None}}}


def digest(tensors: dict[str, torch.Tensor]) -> str:
    """Return a hash of tensors, bit for bit."""
    parts = (
        f"{n} {t.dtype} {tuple(t.shape)}".encode() + t.contiguous().numpy().tobytes()
        for n, t in sorted(tensors.items())
    )
    return hashlib.sha256(b"".join(parts)).hexdigest()


class Records:
    """The kind `records`."""

    def __init__(self, base: Path) -> None:
        """Train the runs that are damaged later, and read the undamaged ones by every verb."""
        self.base = base / "records"
        train("mlp", changes=CHANGES, device="cpu", root=self.base)
        next(self.base.iterdir()).rename(self.base / FINISHED)
        killed_run(base / "killed", CHANGES).rename(self.base / BROKEN_OFF)
        shutil.copytree(self.base / FINISHED, self.base / WHOLE)
        self.final = digest(load_checkpoint(self.base / FINISHED / "checkpoint").tensors)
        again = shutil.copytree(self.base / BROKEN_OFF, base / "again" / BROKEN_OFF)
        resume(again)
        if digest(load_checkpoint(again / "checkpoint").tensors) != self.final:
            raise SystemExit("the undamaged run does not end at the weights of the undisturbed one")
        self.weights = {name: _weights(self.base / name) for name in (FINISHED, BROKEN_OFF)}
        self.image = base / "digit.png"
        draw(self.image)
        self.answers: dict[str, str] = {}

    def damage(self, rng: random.Random, runs: Path, victim: Path) -> tuple[str, list[str]]:
        """Make a folder of runs with a whole and a damaged one; return the name of that, and what was done."""
        name = rng.choice([FINISHED, BROKEN_OFF])
        for one in (name, WHOLE):
            shutil.copytree(self.base / one, runs / one)
        folder = runs / name
        if rng.random() < 0.12:
            return name, [_forge(folder, rng)]
        return name, damage_tree(folder, rng, victim)

    def make(self, rng: random.Random, place: Path, victim: Path) -> Made:
        """Damage a record, and choose the verbs that read it."""
        name, done = self.damage(rng, place / "runs", victim)
        path = f"runs/{name}"
        if rng.random() < 0.04:
            (place / "progress.json").write_text(damage_json(json.dumps(PROGRESS), rng), "utf-8", "replace")
            done.append("JSON of progress.json")

        def reads_weights() -> str:
            return _weights(Path(path))

        readers: list[Step] = [
            ("evaluate", path),
            ("predict", path, str(self.image)),
            ("plot", path),
            ("compare", path, f"runs/{WHOLE}"),
            ("list",),
            ("progress",),
            ("features", path),
        ]
        weights = [0.3, 0.3, 0.07, 0.1, 0.02, 0.05, 0.03]
        steps: list[Step] = [
            ("runs",),
            reads_weights,
            *rng.choices(readers, weights),
            ("resume", path, "--quiet"),
            reads_weights,
        ]
        return Made(steps, done, facts={"name": name})

    def judge(self, case: Case, made: Made, place: Path) -> None:
        """Add what is wrong in the light of what the undamaged run does."""
        tried, name = False, made.facts["name"]
        for number, step in enumerate(case.steps):
            if number == 0 and step.code == 0 and WHOLE not in step.out:
                case.faults.append(f"runs hides the whole record: {step.out[-300:]}")
            if number == 0 and step.code == 2:
                case.faults.append(f"runs refuses all: {step.err[-300:]}")
            if step.name.startswith("d2lab resume"):
                tried = True  # also where it trained to its end, and then a line says that its rows can't be drawn
            if step.name == "reads_weights" and step.code == 0:
                right = self.weights[FINISHED if tried else name]
                told = any("changed" in earlier.err or "again" in earlier.err for earlier in case.steps[: number + 1])
                if step.value not in (right, self.weights[name]) and not told:
                    case.faults.append(f"silently different weights after {[s.name for s in case.steps[:number]]}")
            if step.name.startswith("d2lab evaluate") and step.code == 0:
                known = self.answers.setdefault(f"evaluate {name}", "")
                case.faults += (
                    [] if not known or known == step.out else [f"evaluate says {step.out[-200:]}, not {known[-200:]}"]
                )

    def learn_answers(self, place: Path) -> list[str]:
        """Read the undamaged runs by the verbs, here and in a child; return what is already wrong."""
        faults = []
        for name in (FINISHED, BROKEN_OFF):
            shutil.copytree(self.base / name, place / "runs" / name)
            case = run_case([("evaluate", f"runs/{name}")], place)
            faults += case.faults
            self.answers[f"evaluate {name}"] = case.steps[0].out if case.steps else ""
        return faults


def _weights(folder: Path) -> str:
    trained = load_run(folder)
    return digest(dict(trained.model.state_dict()))


def _forge(folder: Path, rng: random.Random) -> str:
    """Change tensors as an attacker does who computes the hashes again; a whole record must not come out of it."""
    state_file = folder / "checkpoint" / "state.json"
    state = json.loads(state_file.read_text())
    state.pop("hash")
    file = folder / "checkpoint" / state["tensors"]
    tensors = load_file(file)
    name = rng.choice(sorted(tensors))
    kinds = {
        "NaN": lambda t: torch.full_like(t, torch.nan) if t.is_floating_point() else None,
        "infinity": lambda t: torch.full_like(t, torch.inf) if t.is_floating_point() else None,
        "other type": lambda t: t.to(torch.float64 if t.dtype != torch.float64 else torch.int32),
        "other shape": lambda t: torch.zeros(*t.shape, 2, dtype=t.dtype),
        "missing": lambda t: None,
        "empty": lambda t: torch.zeros(0, dtype=t.dtype),
    }
    kind = rng.choice(sorted(kinds))
    new = kinds[kind](tensors.pop(name))
    if new is not None:
        tensors[name] = new
    if rng.random() < 0.1:
        tensors[rng.choice(["more", "model.x", "optimizer.y", ""])] = torch.zeros(2)
    save_file(tensors, file)
    state["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    if rng.random() < 0.3:
        state["values"] = json.loads(damage_json(json.dumps(state["values"]), random.Random(7)) or "{}")
    state_file.write_text(json.dumps({**state, "hash": canonical_hash(state)}))
    return f"tensor {name}: {kind}, hashes computed again"


def draw(path: Path) -> None:
    """Save a gray image of noise."""
    from PIL import Image

    Image.effect_noise((28, 28), 90).save(path)
