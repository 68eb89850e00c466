"""python -m benchmarks.folder: one epoch of a streamed folder of images, 1x, 4x and 16x as large.

Each size is read in a fresh process, whose memory (its workers' too) is watched from outside.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.vs_book.memory import PeakMemory
from PIL import Image

from d2lab.core.atomic import write_json
from d2lab.core.machine import describe_machine

GROWTH = (1, 4, 16)
CLASSES = 10
TEST = 20  # images a class in the test part, whatever the size
RESULTS = Path(__file__).with_name("results.json")
WORKER = """
import json, os, sys, time
import torch
from d2lab import data
from d2lab.data.stream import StreamedBatches
name, side, workers = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(1)
train = data.load(name, side=side, workers=workers).train
batches = StreamedBatches(train, batch_size=64, seed=0, device=torch.device("cpu"), workers=workers)
total, start, before = 0, time.perf_counter(), sum(os.times()[:4])
for inputs, targets in batches.epoch(0):
    total += len(inputs)
    inputs.sum()  # a page that nobody touches counts for nobody, and a batch that is kept would not be seen
spent = {"seconds": time.perf_counter() - start, "cpu_seconds": sum(os.times()[:4]) - before}
print(json.dumps({"images": total, **{name: round(value, 2) for name, value in spent.items()}}))
"""


def draw(root: Path, count: int, seed: int = 0) -> int:
    """Draw a folder of JPEG photos of 240 to 480 pixels a side (smooth shapes and grain), and return its bytes."""
    rng = np.random.default_rng(seed)
    size = 0
    for part, each in (("train", count // CLASSES), ("test", TEST)):
        for kind in range(CLASSES):
            folder = root / part / f"class-{kind}"
            folder.mkdir(parents=True)
            for number in range(each):
                path = folder / f"{number:06}.jpg"
                width, height = rng.integers(240, 481, 2).tolist()
                shapes = Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8))
                photo = np.asarray(shapes.resize((width, height), Image.Resampling.BICUBIC)).astype(np.int16)
                photo = photo + rng.integers(-12, 13, (height, width, 1), dtype=np.int16)
                Image.fromarray(photo.clip(0, 255).astype(np.uint8)).save(path, quality=85)
                size += path.stat().st_size
    return size


def measure(root: Path, *, side: int, workers: int, cache: Path) -> dict[str, Any]:
    """Stream one epoch in a fresh process; return images, seconds, processor seconds and peak memory in MiB."""
    command = [sys.executable, "-c", WORKER, f"folder:{root}", str(side), str(workers)]
    environment = os.environ | {"D2LAB_CACHE": str(cache), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        with PeakMemory(process.pid) as memory:
            out, _ = process.communicate()
        if process.returncode:
            raise SystemExit(f"the worker ended with {process.returncode}")
    found: dict[str, Any] = json.loads(out)
    return {**found, **memory.peak}


def grow(base: int, *, side: int, workers: int, growth: tuple[int, ...] = GROWTH) -> list[dict[str, Any]]:
    """Measure every size, the smallest first."""
    rows = []
    for factor in growth:
        with tempfile.TemporaryDirectory() as place:
            root = Path(place) / "images"
            size = draw(root, base * factor)
            row = measure(root, side=side, workers=workers, cache=Path(place) / "cache")
        rows.append({"growth": factor, "bytes": size, **row})
        print(line(rows[-1], rows[0]), flush=True)
    return rows


def line(row: dict[str, Any], first: dict[str, Any]) -> str:
    """One row as a person reads it."""
    memory = row.get("pss", row["rss"])
    ratio = row["cpu_seconds"] / first["cpu_seconds"] / row["growth"]
    return (
        f"{row['growth']:>3}x  {row['images']:>6} images  {row['bytes'] / 1e6:7.1f} MB  "
        f"peak {memory:7.1f} MiB ({memory / first.get('pss', first['rss']):.2f}x)  "
        f"{row['seconds']:6.1f} s, {row['cpu_seconds']:6.1f} s of processor ({ratio:.2f} of linear)"
    )


def main() -> int:
    """Measure and keep the results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.folder", description=__doc__)
    parser.add_argument("--base", type=int, default=500, help="training images of the smallest folder")
    parser.add_argument("--side", type=int, default=224, help="pixels that they are read at")
    parser.add_argument("--workers", type=int, default=2, help="processes that read")
    parser.add_argument("--out", type=Path, default=RESULTS, help="results file")
    given = parser.parse_args()
    rows = grow(given.base, side=given.side, workers=given.workers)
    how = {"base": given.base, "side": given.side, "workers": given.workers, "batch_size": 64}
    write_json(given.out, {"how": how, "machine": describe_machine(), "rows": rows})
    return 0


if __name__ == "__main__":
    sys.exit(main())
