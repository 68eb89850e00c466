"""Runs that train a head or a decoder on features: the frozen body sees every image once, the cache keeps its answer.

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
from d2lab.core.tensor_tree import concatenate
from d2lab.data.places import cache_folder
from d2lab.data.source import locked
from d2lab.data.split import Split
from d2lab.experiments.data import Splits
from d2lab.experiments.plan import Experiment
from d2lab.models.features import features_of_parts
from d2lab.models.finetune import DECODER, find_top
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
    validated, tested = held_out
    return _joined(views), validated, tested or test


def _joined(views: list[Split]) -> Split:
    """Return the examples of all views, one view behind the other."""
    if len(views) == 1:
        return views[0]
    return Split(*(concatenate([getattr(view, what) for view in views]) for what in ("inputs", "targets")))


class _Body:
    """The frozen part of a run's model, and the cache of what it found."""

    def __init__(self, experiment: Experiment, model: nn.Module) -> None:
        self.model, self.top = model, find_top(model)
        self.preparation, self.device = experiment.preparation, torch.device(experiment.device)
        self.cache = FeatureCache(cache_path(experiment, model))
        self.computed = 0
        self._last_save = time.perf_counter()

    def held_out(self, split: Split, *, flips: bool) -> Split:
        """Return an evaluated split; with `flips` the mean of both views, of which a linear head scores the mean."""
        plain = self.features(split)
        if not flips:
            return plain
        mirrored = self.features(split, mirrored=True)
        return Split((plain.inputs + mirrored.inputs) / 2, split.targets)

    def features(self, split: Split, *, mirrored: bool = False) -> Split:
        """Return a split with features in place of images, in its order; compute those that are not in the cache."""
        example = self.preparation(split.example.to(self.device))
        size, shapes = batch_size(example), self._shapes(example)
        found: list[Tensor] = []
        for batch in split.batches(size):
            keys = hashes_of(batch.inputs, mirrored=mirrored)
            missing = [at for at, key in enumerate(keys) if key not in self.cache.rows]
            if missing:
                images = self.preparation(batch.inputs[missing].to(self.device))
                images = images.flip(-1) if mirrored else images
                parts = features_of_parts(self.model, images, self.top)
                rows = torch.cat([part.flatten(1) for part in parts], 1).float().cpu()
                self.cache.rows |= {keys[at]: row for at, row in zip(missing, rows, strict=True)}
                self.computed += len(missing)
                if time.perf_counter() - self._last_save > SAVE_EVERY_S:
                    self.cache.save()
                    self._last_save = time.perf_counter()
            found += [self.cache.rows[key] for key in keys]
        rows = torch.stack(found)
        if not shapes:
            return Split(rows, split.targets)
        pieces = torch.split(rows, [shape.numel() for shape in shapes], 1)
        features = tuple(piece.view(-1, *shape) for piece, shape in zip(pieces, shapes, strict=True))
        return Split(features, split.targets.flip(-1) if mirrored else split.targets)

    def _shapes(self, example: Tensor) -> list[torch.Size]:
        """Return the shapes of the maps that a decoder reads; none where a head reads one vector an image."""
        if self.top.name != DECODER:
            return []
        return [part.shape[1:] for part in features_of_parts(self.model, example, self.top)]


def hashes_of(images: Tensor, *, mirrored: bool = False) -> Sequence[bytes]:
    """Return the hash of each image as it is stored, and of the view that is taken of it."""
    kind = f"{images.dtype} {tuple(images.shape[1:])} {'mirrored' if mirrored else 'plain'}\n".encode()
    return [hashlib.sha256(kind + image.tobytes()).digest()[:HASH_BYTES] for image in images.contiguous().numpy()]


def cache_path(experiment: Experiment, model: nn.Module) -> Path:
    """Return where the features of a run's body lie, or would lie: named by weights, data, size and kind of device."""
    name = find_top(model).name
    body = {key: value for key, value in model.state_dict().items() if not key.startswith(f"{name}.")}
    facts = [FORMAT, fingerprint(body), experiment.card.name, experiment.preparation.prepared_shape]
    facts.append(torch.device(experiment.device).type)
    key = hashlib.sha256(json.dumps(facts).encode("utf-8", "surrogateescape")).hexdigest()
    return cache_folder() / "features" / f"{key[:32]}.safetensors"
