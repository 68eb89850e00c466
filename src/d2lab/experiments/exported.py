"""An exported file used by itself: the ONNX model, and the preparation that its metadata hold. No run, no data set."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import ConfigError, MissingExtraError, RunError
from d2lab.core.json_file import parse_json
from d2lab.experiments.export_form import PREPARATION
from d2lab.vision.preparation import Preparation

MOST_BYTES = 4 * 2**30


class ExportedModel:
    """A model in an ONNX file that `d2lab export` wrote.

    Args:
        path: of the file.

    Raises:
        ConfigError: no such file.
        MissingExtraError: onnxruntime is not installed.
        RunError: no ONNX file, or one without d2lab's metadata.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file() or path.stat().st_size > MOST_BYTES:
            raise ConfigError("model", got=str(path), need="an ONNX file that d2lab export wrote")
        if importlib.util.find_spec("onnxruntime") is None:
            fix = "Install it: pip install 'd2lab[onnx]'."
            raise MissingExtraError("d2lab predict FILE.onnx", got="no onnxruntime", need="onnxruntime", fix=fix)
        import onnxruntime

        try:
            self.session: Any = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
            kept = self.session.get_modelmeta().custom_metadata_map.get(PREPARATION)
        except Exception as cause:  # onnxruntime has errors of many kinds for files that are none
            raise RunError(f"model {path}", got=str(cause).splitlines()[0], need="an ONNX file") from cause
        if kept is None:
            raise RunError(f"model {path}", got="no preparation in its metadata", need="a file of d2lab export")
        try:
            value = parse_json(kept)
        except ValueError as cause:
            raise RunError(f"model {path}", got=str(cause), need="metadata that d2lab wrote") from cause
        self.preparation = Preparation.from_json(value, str(path))

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, by number."""
        return self.preparation.classes

    def predict(self, paths: Sequence[Path], *, invert: bool = False) -> Float[Tensor, "file class_"]:
        """Return a probability per class for each image file, read as the run's training images were.

        Args:
            paths: of the files.
            invert: swap dark and bright, for ink on paper where the data are white on black.

        Raises:
            ConfigError: the model is not one of images with classes.
            DataError: a file is no image.
        """
        if self.preparation.fit == "none" or not self.classes:
            raise ConfigError("model", got="inputs that are no images", need="a classifier of images")
        images = self.preparation(self.preparation.read(paths, invert=invert))
        name = self.session.get_inputs()[0].name
        (logits, *_) = self.session.run(None, {name: images.numpy()})
        return torch.from_numpy(logits).softmax(1)
