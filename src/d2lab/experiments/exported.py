"""An exported file used by itself: the ONNX model, and what its metadata hold. No run, no data set, no text."""

import dataclasses
import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import ConfigError, D2labError, MissingExtraError, RunError
from d2lab.core.json_file import parse_json
from d2lab.experiments.export_form import CONTEXT, OF_DETECTOR, PREPARATION, SUPPRESSION, TOKENIZER
from d2lab.experiments.generation import Writer
from d2lab.experiments.trained import Trained, load_run
from d2lab.experiments.writing import without_unknown
from d2lab.text.sampling import Step
from d2lab.text.tokenizer import Tokenizer
from d2lab.train.detection import SuppressionConfig
from d2lab.vision.detections import detect
from d2lab.vision.preparation import Preparation

MOST_BYTES = 4 * 2**30


def refuse_device(device: str) -> None:
    """Raise unless a file can be run on this device.

    Raises:
        ConfigError: it is none of cpu and auto.
    """
    if device not in ("cpu", "auto"):
        raise ConfigError("--device", got=device, need="cpu: an exported file is run on the processor")


def open_model(path: Path, device: str) -> "Trained | ExportedModel":
    """Open what answers: the model of a run, or an exported file, told apart by the name's end.

    Args:
        path: of the run, or of a file that ends in .onnx.
        device: to run on; a file is run on the processor.

    Raises:
        ConfigError: no such file, or a device that can't run it.
        RunError: no run, or no file that `d2lab export` wrote.
        MissingExtraError: onnxruntime is not installed.
    """
    if path.suffix.lower() != ".onnx":
        return load_run(path, device=device)
    refuse_device(device)
    return ExportedModel(path)


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

        self.path = path
        try:
            self.session: Any = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
            self.metadata: Mapping[str, str] = self.session.get_modelmeta().custom_metadata_map
        except Exception as cause:  # onnxruntime has errors of many kinds for files that are none
            raise RunError(f"model {path}", got=str(cause).splitlines()[0], need="an ONNX file") from cause
        self.preparation = Preparation.from_json(self._stated(PREPARATION), str(path))

    def _stated(self, key: str) -> Any:  # noqa: ANN401 (any JSON)
        """Return the value of a key of the metadata.

        Raises:
            RunError: it is not there, or is no JSON.
        """
        kept, what = self.metadata.get(key), key.partition(".")[2]
        if kept is None:
            raise RunError(f"model {self.path}", got=f"no {what} in its metadata", need="a file of d2lab export")
        try:
            return parse_json(kept)
        except ValueError as cause:
            raise RunError(f"model {self.path}", got=str(cause), need="metadata that d2lab wrote") from cause

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, by number."""
        return self.preparation.classes

    def predict(self, paths: Sequence[Path], *, invert: bool = False) -> Float[Tensor, "file class_ *place"]:
        """Return a probability per class for each image file, read as the run's training images were.

        Of a model for segmentation they are those of every pixel, of the image as the model reads it.

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

    def detect(self, paths: Sequence[Path]) -> dict[str, Tensor]:
        """Return boxes (pixels of the image as the model reads it), labels, scores and count of each image file.

        A file with masks also gives those of each box, the probability of each cell within it.

        Raises:
            ConfigError: the model is no detector.
            DataError: a file is no image.
            RunError: its metadata or its outputs are not ours.
        """
        if SUPPRESSION not in self.metadata:
            raise ConfigError("model", got="a file without suppression", need="a detector, such as that of points")
        try:
            suppression = msgspec.convert(self._stated(SUPPRESSION), SuppressionConfig)
        except (ValueError, TypeError) as cause:  # msgspec's errors are ValueErrors
            raise RunError(f"model {self.path}", got=str(cause), need="metadata that d2lab wrote") from cause
        images = self.preparation(self.preparation.read(paths))
        try:
            names = [one.name for one in self.session.get_outputs() if one.name in OF_DETECTOR]
            answers = [torch.from_numpy(one) for one in self.session.run(names, {"images": images.numpy()})]
            found = detect(answers[0], answers[1], **dataclasses.asdict(suppression))
        except D2labError:
            raise
        except Exception as cause:  # onnxruntime has errors of many kinds
            got, need = str(cause).splitlines()[0], "a detector of d2lab export"
            raise RunError(f"model {self.path}", got=got, need=need) from cause
        plain = dataclasses.asdict(found)
        if len(answers) == len(OF_DETECTOR):
            plain["masks"] = answers[2][torch.arange(len(found.rows)).unsqueeze(1), found.rows, found.labels]
        return plain

    def writer(self) -> Writer:
        """Return what writes text with this file alone.

        Raises:
            ConfigError: it holds no language model.
            RunError: its metadata or its states are not ours, or older than what is needed here.
        """
        if TOKENIZER not in self.metadata:
            raise ConfigError("model", got="a file without a tokenizer", need="a language model, such as gpt-char's")
        tokenizer = Tokenizer.from_json(self._stated(TOKENIZER), str(self.path))
        states = self.session.get_inputs()[1:]
        step = self._carried(states) if states else self._reread(self._context())

        def known(tokens: Tensor, state: Any) -> tuple[Tensor, Any]:  # noqa: ANN401
            logits, state = step(tokens, state)
            if logits.shape != (len(tokens), len(tokenizer)):
                need = f"one of each of {len(tokenizer)} tokens"
                raise RunError(f"model {self.path}", got=f"logits {tuple(logits.shape)}", need=need)
            return without_unknown(logits, tokenizer), state

        return Writer(step=known, tokenizer=tokenizer, first=_no_prompt, state_axis=1 if states else 0)

    def _run(self, tokens: Tensor, states: Mapping[str, Tensor]) -> list[Tensor]:
        """Run the file on tokens and states; return its outputs.

        Raises:
            RunError: its inputs are others than a language model's.
        """
        try:
            found = self.session.run(None, {"tokens": tokens.numpy()} | {n: s.numpy() for n, s in states.items()})
        except Exception as cause:  # onnxruntime has errors of many kinds
            got, need = str(cause).splitlines()[0], "a language model of d2lab export"
            raise RunError(f"model {self.path}", got=got, need=need) from cause
        return [torch.from_numpy(each) for each in found]

    def _context(self) -> int:
        context = self._stated(CONTEXT)
        if type(context) is not int or context < 1:
            raise RunError(f"model {self.path}", got=f"a context of {context!r}", need="a number of tokens")
        return context

    def _carried(self, states: Sequence[Any]) -> Step:
        """Return the step of a file that reads one token and a state, which is zeros at the beginning."""
        sizes = {state.name: [n for n in state.shape if type(n) is int] for state in states}  # layers, hidden
        if not all(len(state.shape) == 3 and len(sizes[state.name]) == 2 for state in states):
            got = f"states of shape {', '.join(str(state.shape) for state in states)}"
            raise RunError(f"model {self.path}", got=got, need="layers, any number of texts, hidden units")

        def step(tokens: Tensor, state: Any) -> tuple[Tensor, Any]:  # noqa: ANN401
            if state is None:
                state = [torch.zeros(layers, len(tokens), hidden) for layers, hidden in sizes.values()]
            logits, *after = self._run(tokens, dict(zip(sizes, state, strict=True)))
            return logits, after

        return step

    def _reread(self, context: int) -> Step:
        """Return the step of a file that reads whole windows: its state is the text as far as the window reaches."""

        def step(tokens: Tensor, state: Any) -> tuple[Tensor, Any]:  # noqa: ANN401
            text = tokens[:, None] if state is None else torch.cat([state, tokens[:, None]], 1)
            kept = text[:, -context:]  # batch kept
            logits, *_ = self._run(kept.contiguous(), {})
            return logits[:, -1], kept

        return step


def _no_prompt() -> Tensor:
    """Refuse to begin with nothing.

    Raises:
        ConfigError: always.
    """
    need = "a text to begin with: an exported file holds none to continue"
    raise ConfigError("--prompt", got="none", need=need)
