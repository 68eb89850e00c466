"""Runs that train a head on features: the frozen body sees every image once, and the cache keeps what it found.

A row of the cache belongs to an image by a hash of its pixels as they are stored, and a file of rows to a body by a
hash of its weights and of the size that it reads: any change of weights, images or sizes is another row or file. Files
are written whole or not at all.
"""

import hashlib
import json
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load as decode_tensors
from safetensors.torch import save as encode_tensors
from torch import Tensor, nn

from d2lab.core.atomic import write_bytes
from d2lab.core.errors import DataError
from d2lab.data.places import cache_folder
from d2lab.data.source import locked
from d2lab.data.split import Split
from d2lab.experiments.data import Splits
from d2lab.experiments.plan import Experiment
from d2lab.models.features import features_of
from d2lab.models.finetune import Head, find_head
from d2lab.pretrained.weights import fingerprint
from d2lab.train.evaluate import batch_size
from d2lab.train.progress import Progress

FORMAT = 1
HASH_BYTES = 16
SAVE_EVERY_S = 60.0  # what a killed run may have to compute again


class FeatureCache:
    """Features of one body by the hash of the image, in one file.

    Args:
        path: of the file; what is damaged counts as absent.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: dict[bytes, Tensor] = {}
        self.saved = 0
        try:
            kept = decode_tensors(path.read_bytes())
            hashes, features = kept["hashes"], kept["features"]
        except (OSError, SafetensorError, ValueError, KeyError):
            return
        fits = hashes.dtype == torch.uint8 and hashes.shape == (len(features), HASH_BYTES) and features.ndim == 2
        if fits and features.dtype == torch.float32 and bool(features.isfinite().all()):
            self.rows = dict(zip(map(bytes, hashes.numpy()), features, strict=True))
            self.saved = len(self.rows)

    def save(self) -> None:
        """Write all rows, whole or not at all, where there are new ones.

        Raises:
            DataError: the file can't be written.
        """
        if len(self.rows) == self.saved:
            return
        hashes = torch.frombuffer(bytearray(b"".join(self.rows)), dtype=torch.uint8).view(-1, HASH_BYTES)
        content = encode_tensors({"hashes": hashes, "features": torch.stack(list(self.rows.values()))})
        write_bytes(self.path, content, DataError)
        self.saved = len(self.rows)


def train_on_features(experiment: Experiment, splits: Splits, model: nn.Module, progress: Progress) -> Splits:
    """Return the splits with features in place of images.

    Args:
        experiment: settings, preparation and device.
        splits: training, validation (or None) and test images.
        model: with the weights of the run, its body frozen.
        progress: is told what is computed and where it is kept.

    Raises:
        ConfigError: the model has no head that reads one vector an image.
        DataError: the cache can't be written, or an image can't be read.
    """
    body = _Body(experiment, model)
    train, validation, test = splits
    flips, mirrored = experiment.settings.loop.test_flips, experiment.settings.finetune.mirrored
    with locked(body.cache.path.parent, f"features of {experiment.card.name}"):
        body.cache = FeatureCache(body.cache.path)  # another process may have filled it while this one waited
        count = sum(len(split) for split in splits if split is not None)
        progress.note(f"features: {count:,} images through the frozen body, but for {len(body.cache.rows):,} kept rows")
        began = time.perf_counter()
        views = [body.features(train), *([body.features(train, mirrored=True)] if mirrored else [])]
        held_out = [None if split is None else body.held_out(split, flips=flips) for split in (validation, test)]
        body.cache.save()
    seconds = time.perf_counter() - began
    progress.note(f"features: {body.computed:,} computed in {seconds:.0f} s, kept in {body.cache.path}")
    targets = torch.cat([train.targets] * len(views))
    validated, tested = held_out
    return Split(torch.cat(views), targets), validated, tested or test


class _Body:
    """The frozen part of a run's model, and the cache of what it found."""

    def __init__(self, experiment: Experiment, model: nn.Module) -> None:
        self.model, self.head = model, find_head(model)
        self.preparation, self.device = experiment.preparation, torch.device(experiment.device)
        self.cache = FeatureCache(cache_path(experiment, model, self.head))
        self.computed = 0
        self._last_save = time.perf_counter()

    def held_out(self, split: Split, *, flips: bool) -> Split:
        """Return an evaluated split; with `flips` the mean of both views, of which a linear head scores the mean."""
        features = self.features(split)
        if flips:
            features = (features + self.features(split, mirrored=True)) / 2
        return Split(features, split.targets)

    def features(self, split: Split, *, mirrored: bool = False) -> Tensor:
        """Return a row for each image of a split, in its order; compute those that are not in the cache."""
        size = batch_size(self.preparation(split.example))
        found: list[Tensor] = []
        for batch in split.batches(size):
            keys = hashes_of(batch.inputs, mirrored=mirrored)
            missing = [at for at, key in enumerate(keys) if key not in self.cache.rows]
            if missing:
                images = self.preparation(batch.inputs[missing].to(self.device))
                rows = features_of(self.model, images.flip(-1) if mirrored else images, self.head).float().cpu()
                self.cache.rows |= {keys[at]: row for at, row in zip(missing, rows, strict=True)}
                self.computed += len(missing)
                if time.perf_counter() - self._last_save > SAVE_EVERY_S:
                    self.cache.save()
                    self._last_save = time.perf_counter()
            found += [self.cache.rows[key] for key in keys]
        return torch.stack(found)


def hashes_of(images: Tensor, *, mirrored: bool = False) -> Sequence[bytes]:
    """Return the hash of each image as it is stored, and of the view that is taken of it."""
    kind = f"{images.dtype} {tuple(images.shape[1:])} {'mirrored' if mirrored else 'plain'}\n".encode()
    return [hashlib.sha256(kind + image.tobytes()).digest()[:HASH_BYTES] for image in images.contiguous().numpy()]


def cache_path(experiment: Experiment, model: nn.Module, head: Head | None = None) -> Path:
    """Return where the features of a run's body lie, or would lie: named by weights, data, size and kind of device."""
    name = (head or find_head(model)).name
    body = {key: value for key, value in model.state_dict().items() if key.rpartition(".")[0] != name}
    facts = [FORMAT, fingerprint(body), experiment.card.name, experiment.preparation.prepared_shape]
    facts.append(torch.device(experiment.device).type)
    key = hashlib.sha256(json.dumps(facts).encode("utf-8", "surrogateescape")).hexdigest()
    return cache_folder() / "features" / f"{key[:32]}.safetensors"
