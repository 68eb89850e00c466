"""Export of a trained model to ONNX or torch.export, with its preparation; its outputs are compared."""

import contextlib
import importlib.util
import io
import logging
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from d2lab.core.atomic import write_bytes
from d2lab.core.errors import ConfigError, MissingExtraError, RunError
from d2lab.core.tensor_tree import Tree, tensors_of
from d2lab.experiments.export_form import Form, folded_form, form_of
from d2lab.experiments.export_suppression import with_suppression
from d2lab.experiments.trained import load_run
from d2lab.train.detection import Detection

SUFFIX = {"onnx": ".onnx", "torch-export": ".pt2"}
AGREES = 1e-4  # largest difference of outputs; sums in another order differ by about 1e-6
Answer = Callable[[Tree], list[Tensor]]


def export_run(
    folder: Path,
    to: str,
    out: Path | None = None,
    *,
    recipe_file: Path | None = None,
    suppress: bool = False,
    fold: bool = False,
    say: Callable[[str], object] = str,
) -> tuple[Path, float]:
    """Export a run's model; return the file and the largest difference of outputs on random inputs.

    The file reads float32 inputs as the model does (images in [0, 1]), any number at a time. Its metadata hold the
    preparation: sizes, crop, classes. Of a language model the file reads tokens, with the state of a recurrent one, and
    holds the tokenizer; see `experiments.export_form`. No data are read.

    Args:
        folder: folder of the run.
        to: "onnx" or "torch-export".
        out: the file; in the run's folder unless given.
        recipe_file: the user's file, where the run's recipe came from one.
        suppress: of a detector, put the suppression of boxes into the ONNX file too.
        fold: make normalization part of the convolutions; see `folded_form`.
        say: is told in a line what was done to the model.

    Raises:
        ConfigError: the format is unknown, the model has no weights, or nothing is there to suppress or to fold.
        MissingExtraError: a library that the format needs is not installed.
        RunError: the run can't be opened, or the file disagrees with the model (it is not written then).
    """
    if to not in SUFFIX:
        raise ConfigError("--to", got=to, need=f"one of {', '.join(SUFFIX)}")
    trained = load_run(folder, recipe_file=recipe_file)
    path = out or trained.record.folder / f"model{SUFFIX[to]}"
    task = trained.experiment.task
    if suppress and not (to == "onnx" and isinstance(task, Detection)):
        need = "a detector that is exported to onnx"
        raise ConfigError("--suppress", got=f"{trained.experiment.recipe.name} to {to}", need=need)
    form = folded_form(form_of(trained)) if fold else form_of(trained)
    content, difference = content_of(form, to)
    if form.note:
        say(form.note)
    if suppress and isinstance(task, Detection):
        content = with_suppression(content, task.suppression)
    write_bytes(path, content)
    return path, difference


def content_of(form: Form, to: str) -> tuple[bytes, float]:
    """Return a model as a file's content, and the largest difference of its outputs.

    Args:
        form: what is exported.
        to: "onnx" or "torch-export".

    Raises:
        MissingExtraError: a library that the format needs is not installed.
        RunError: the file disagrees with the model.
    """
    with torch.no_grad():
        expected = tensors_of(form.model(*form.inputs))
    with _quiet():
        content, answer = (_to_onnx if to == "onnx" else _to_torch_export)(form)
        given = answer(form.inputs)
        pairs = zip(given, expected, strict=True)
        difference = max(_apart(mine, theirs) for mine, theirs in pairs)
    if not difference <= AGREES:
        raise RunError(f"export to {to}", got=f"outputs that differ by {difference:.1e}", need=f"at most {AGREES}")
    return content, difference


def _apart(mine: Tensor, theirs: Tensor) -> float:
    """Return the largest difference of two outputs, relative to numbers above 1 such as those of boxes in pixels."""
    return float(((mine - theirs).abs() / theirs.abs().clamp(min=1)).max())


def _to_onnx(form: Form) -> tuple[bytes, Answer]:
    for name in ("onnx", "onnxscript", "onnxruntime"):
        if importlib.util.find_spec(name) is None:
            fix = "Install them: pip install 'd2lab[onnx]'."
            raise MissingExtraError("--to onnx", got=f"no {name}", need="onnx, onnxscript and onnxruntime", fix=fix)
    import onnxruntime

    inputs, outputs = form.names
    program = torch.onnx.export(
        form.module,
        form.inputs,
        input_names=inputs,
        output_names=outputs,
        dynamic_shapes=form.shapes,
        dynamo=True,
    )
    if program is None:
        raise RunError("export to onnx", got="nothing", need="an ONNX program")
    proto = program.model_proto
    for key, value in form.metadata.items():
        entry = proto.metadata_props.add()
        entry.key, entry.value = key, value
    content = proto.SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])

    def answer(inputs: Tree) -> list[Tensor]:
        given = {one.name: t.numpy() for one, t in zip(session.get_inputs(), tensors_of(inputs), strict=True)}
        return [torch.from_numpy(np.asarray(output)) for output in session.run(None, given)]

    return content, answer


def _to_torch_export(form: Form) -> tuple[bytes, Answer]:
    buffer = io.BytesIO()
    program = torch.export.export(form.module, form.inputs, dynamic_shapes=form.shapes)
    torch.export.save(program, buffer, extra_files=dict(form.metadata))
    buffer.seek(0)
    again: Any = torch.export.load(buffer).module()
    return buffer.getvalue(), lambda inputs: [output.detach() for output in tensors_of(again(*inputs))]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Suppress messages and warnings of the exporters."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
