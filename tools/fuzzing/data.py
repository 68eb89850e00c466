"""Damaged data: folders of images, Kaggle's layout, single images, idx files, batches of CIFAR, archives, weights."""

import csv
import gzip
import io
import random
import shutil
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from tests.data.python2 import batch
from tools.fuzzing.case import Case, Made, Step, run_case
from tools.fuzzing.damage import damage_bytes, damage_file, damage_tree

from d2lab.data.archive import unpack
from d2lab.data.idx import map_idx, read_idx
from d2lab.data.pickled import read_pickled
from d2lab.experiments import train
from d2lab.pretrained.weights import read_weights

SUFFIXES = (".png", ".jpg", ".gif", ".bmp", ".tif", ".webp", ".ppm", ".jfif")
EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(victim/file) (w) file closefile\nshowpage\n"
WORDS = [
    "",
    "a" * 200_000,
    "\0",
    "../../victim/file",
    '"',
    "\ufeff",
    "\r",
    "1",
    "-1",
    "a,b",
    "nan",
    "\x1b[2J",
    "=1+1",
    " ",
]


class Data:
    """The kind `data`."""

    def __init__(self, base: Path) -> None:
        """Make whole data of every kind, and a run that reads images."""
        self.base, rng = base / "data", np.random.default_rng(0)
        for part in ("train", "test"):
            for label in ("cat", "dog"):
                folder = self.base / "images" / part / label
                folder.mkdir(parents=True)
                for number, suffix in enumerate(SUFFIXES):
                    mode = ("L", "RGB", "RGBA", "P")[
                        (number + (label == "dog")) % 4 if suffix in (".png", ".tif") else 1
                    ]
                    pixels = Image.fromarray(rng.integers(0, 255, (12, 10 + number, 3), dtype=np.uint8)).convert(mode)
                    pixels.save(
                        folder / f"{number}{suffix}", format="JPEG" if suffix == ".jfif" else None, **_exif(number)
                    )
        kaggle = self.base / "kaggle"
        for part in ("train", "test"):
            (kaggle / part).mkdir(parents=True)
            for number in range(24):
                Image.fromarray(rng.integers(0, 255, (8, 8, 3), dtype=np.uint8)).save(kaggle / part / f"{number}.png")
        with (kaggle / "trainLabels.csv").open("w", newline="") as f:
            csv.writer(f).writerows([("id", "label"), *((n, "catdog"[3 * (n % 2) :][:3]) for n in range(24))])
        self._files(rng)
        self.run_folder = base / "runs" / "images"
        train("softmax", data=f"folder:{self.base / 'images'}", changes=_small(), device="cpu", root=base / "runs")
        next((base / "runs").iterdir()).rename(self.run_folder)

    def _files(self, rng: np.random.Generator) -> None:
        files, self.plain = self.base / "files", {}
        files.mkdir()
        idx = struct.pack(">BBBBIII", 0, 0, 8, 3, 6, 5, 4) + rng.integers(0, 255, 120, dtype=np.uint8).tobytes()
        (files / "a.idx").write_bytes(idx)
        (files / "a.idx.gz").write_bytes(gzip.compress(idx, mtime=0))
        (files / "a.pickle").write_bytes(batch(rng.integers(0, 255, (3, 3072), dtype=np.uint8), [1, 2, 3]))
        tensors = {"a.weight": torch.arange(12.0).reshape(3, 4), "a.bias": torch.zeros(3), "n": torch.tensor(3)}
        save_file(tensors, files / "a.safetensors")
        torch.save(tensors, files / "a.pth")
        for kind in ("w:gz", "w"):
            with tarfile.open(files / ("a.tar.gz" if kind == "w:gz" else "a.tar"), kind) as tar:
                for path in sorted((self.base / "images" / "train" / "cat").iterdir()):
                    tar.add(path, f"train/cat/{path.name}")
        with zipfile.ZipFile(files / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted((self.base / "images" / "train" / "cat").iterdir()):
                archive.write(path, f"train/cat/{path.name}")

    def learn_answers(self, place: Path) -> list[str]:
        """Read the whole data by every reader; return what is already wrong."""
        faults = []
        for kind in KINDS:
            (place / "runs").mkdir()
            case = run_case(KINDS[kind](self, random.Random(kind), place, None)[0], place)
            case.faults += [f"{step.name}: {step.err}" for step in case.steps if step.code != 0]
            faults += [f"whole data: {fault} [{kind}]" for fault in case.faults]
            shutil.rmtree(place)
            place.mkdir()
        return faults

    def make(self, rng: random.Random, place: Path, victim: Path) -> Made:
        """Damage data of some kind, and choose its readers."""
        kind = rng.choice(sorted(KINDS))
        (place / "runs").mkdir()
        steps, done = KINDS[kind](self, rng, place, victim)
        return Made(steps, [kind, *done], facts={"kind": kind})

    def judge(self, case: Case, made: Made, place: Path) -> None:
        """Add that half a run is left; an archive may hold what it likes."""
        halves = [path.name for path in (place / "runs").glob("*") if not (path / "recipe.json").is_file()]
        if halves and made.facts["kind"] != "archive":
            case.faults.append(f"half a run is left: {halves}")


def _small() -> dict[str, object]:
    return {"epochs": 1, "batch_size": 4, "threads": 1}


def _exif(number: int) -> dict[str, object]:
    exif = Image.Exif()
    exif[0x0112] = 1 + number
    return {"exif": exif} if number in (1, 7, 0) else {}


Damaged = tuple[list[Step], list[str]]


def _images(data: Data, rng: random.Random, place: Path, victim: Path | None) -> Damaged:
    folder, done = shutil.copytree(data.base / "images", place / "images"), ["whole"]
    if victim is not None:
        done = damage_tree(folder, rng, victim)
        if rng.random() < 0.1:
            part = rng.choice(["train", "test", "train/cat", "test/dog"])
            done.append(f"{damage_file(folder / part, rng, victim)} for {part}" if (folder / part).exists() else "")
    settings = [f"--set={name}={value}" for name, value in _small().items()]
    settings += rng.choice([[], [], ["--set=stream_workers=1"], ["--set=validation=0.3"]]) if victim else []
    name = "folder:images"
    steps: list[Step] = [
        ("data", "verify", name),
        ("train", "softmax", "--data", name, *settings, "-q", "--device=cpu"),
    ]
    if victim is not None and rng.random() < 0.4:
        steps.append(("evaluate", str(_copied(data, place)), "--data", name))
    return (steps[1:] if victim is None else steps), done


def _copied(data: Data, place: Path) -> Path:
    return shutil.copytree(data.run_folder, place / "runs" / "images").relative_to(place)


def _kaggle(data: Data, rng: random.Random, place: Path, victim: Path | None) -> Damaged:
    folder, done = shutil.copytree(data.base / "kaggle", place / "kaggle"), ["whole"]
    if victim is not None:
        table = folder / "trainLabels.csv"
        kind = rng.random()
        if kind < 0.3:
            table.write_bytes(damage_bytes(table.read_bytes(), rng))
            done = ["bytes of the table"]
        elif kind < 0.6:
            rows = [line.split(",") for line in table.read_text().splitlines()]
            rows[rng.randrange(len(rows))][rng.randrange(2)] = rng.choice(WORDS)
            table.write_text("\n".join(map(",".join, rows)))
            done = ["a word of the table"]
        elif kind < 0.7:
            done = [damage_file(table, rng, victim) + " for the table"]
        else:
            done = damage_tree(folder, rng, victim)
    settings = [f"--set={name}={value}" for name, value in _small().items()]
    steps: list[Step] = [
        ("train", "softmax", "--data", "folder:kaggle", *settings, "-q", "--device=cpu"),
        ("data", "reorganize", "kaggle", "sorted"),
    ]
    if victim is not None and rng.random() < 0.3:
        steps.append(("submit", str(_copied(data, place)), "kaggle"))
    return steps, done


def _image(data: Data, rng: random.Random, place: Path, victim: Path | None) -> Damaged:
    suffix = rng.choice(SUFFIXES)
    number = SUFFIXES.index(suffix)
    path = place / f"one{suffix}"
    shutil.copy(data.base / "images" / "train" / rng.choice(["cat", "dog"]) / f"{number}{suffix}", path)
    done = ["whole"]
    if victim is not None:
        done = [suffix]
        for _ in range(rng.choice([1, 1, 2])):
            path.write_bytes(rng.choice([EPS, *[damage_bytes(path.read_bytes(), rng)] * 20]))
    run = str(_copied(data, place))
    verbs: list[Step] = [("predict", run, path.name)]
    return (verbs + ([("features", run, path.name)] if victim and rng.random() < 0.05 else [])), done


def _file(names: tuple[str, ...], read: Callable[[Path, Path], object]) -> Callable[..., Damaged]:
    def made(data: Data, rng: random.Random, place: Path, victim: Path | None) -> Damaged:
        name = rng.choice(names)
        path, done = place / name, ["whole"]
        shutil.copy(data.base / "files" / name, path)
        if victim is not None:
            done = [name]
            if rng.random() < 0.05:
                done.append(damage_file(path, rng, victim))
            else:
                for _ in range(rng.choice([1, 1, 2])):
                    path.write_bytes(_inside(path.read_bytes(), name, rng))

        def reader() -> None:
            read(path, place)

        reader.__name__ = f"reader of {name}"
        return [reader], done

    return made


def _inside(content: bytes, name: str, rng: random.Random) -> bytes:
    """Damage a file, or what is packed in it, so that the damage is not found by a checksum alone."""
    if name.endswith(".gz") and rng.random() < 0.6:
        try:
            return gzip.compress(damage_bytes(gzip.decompress(content), rng), mtime=0)
        except (OSError, EOFError):
            pass
    if name.startswith("a.tar") and rng.random() < 0.4:
        return _hostile_tar(rng)
    if name == "a.zip" and rng.random() < 0.4:
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as archive:
            archive.writestr(
                rng.choice([path for path in PATHS if path and path.isascii()]), b"x" * rng.choice([0, 1, 10_000])
            )
        return made.getvalue()
    return damage_bytes(content, rng)


PATHS = [
    "../victim/file",
    "/fuzz-file",
    "a/../../victim/file",
    "a" * 300,
    "",
    ".",
    "..",
    "a//b",
    "C:\\x",
    "train/cat/1.png",
    "a\nb",
    "\udcff",
    "con",
]


def _hostile_tar(rng: random.Random) -> bytes:
    made = io.BytesIO()
    with tarfile.open(
        fileobj=made, mode="w", format=rng.choice([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]), errors="surrogateescape"
    ) as tar:
        for _ in range(rng.choice([1, 2, 3])):
            one = tarfile.TarInfo(rng.choice(PATHS))
            one.type = rng.choice(
                [
                    tarfile.REGTYPE,
                    tarfile.SYMTYPE,
                    tarfile.LNKTYPE,
                    tarfile.DIRTYPE,
                    tarfile.FIFOTYPE,
                    tarfile.CHRTYPE,
                    tarfile.GNUTYPE_SPARSE,
                ]
            )
            one.linkname = rng.choice(["../victim", "/etc/passwd", "train", ""])
            one.mode, one.uid = rng.choice([0o644, 0, 0o7777]), rng.choice([0, 1000])
            content = b"y" * rng.choice([0, 5, 600])
            one.size = len(content) if one.type == tarfile.REGTYPE else 0
            tar.addfile(one, io.BytesIO(content))
    return made.getvalue()


KINDS: dict[str, Callable[..., Damaged]] = {
    "images": _images,
    "kaggle": _kaggle,
    "image": _image,
    "idx": _file(("a.idx", "a.idx.gz"), lambda path, place: read_idx(path, limit_bytes=10_000)),
    "mapped idx": _file(("a.idx",), lambda path, place: map_idx(path).sum()),
    "pickled": _file(("a.pickle",), lambda path, place: read_pickled(path, limit_bytes=100_000)),
    "archive": _file(
        ("a.tar.gz", "a.tar", "a.zip"),
        lambda path, place: unpack(path, place / "out", limit_bytes=10**6, limit_files=100),
    ),
    "weights": _file(("a.safetensors", "a.pth"), lambda path, place: read_weights(path)),
}
