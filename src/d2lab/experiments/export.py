"""A trained model in a file that other programs read, proven to give the same logits."""

import contextlib
import importlib.util
import io
import logging
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from d2lab.core.atomic import write_bytes
from d2lab.core.errors import ConfigError, MissingExtraError, RunError
from d2lab.experiments.trained import load_run

SUFFIX = {"onnx": ".onnx", "torch-export": ".pt2"}
EXAMPLES = 16  # test examples on which the file must agree with the model
AGREES = 1e-4  # largest difference of logits; sums in another order differ by about 1e-6


def export_run(folder: Path, to: str, out: Path | None = None) -> tuple[Path, float]:
    """Write a run's model; return the file and the largest difference of logits on test examples.

    The file reads float32 inputs as the model does (images in [0, 1]), any number at a time.

    Raises:
        ConfigError: an unknown format.
        MissingExtraError: a library that the format needs is not installed.
        RunError: the run can't be opened, or the file disagrees with the model (it is not written then).
    """
    if to not in SUFFIX:
        raise ConfigError("--to", got=to, need=f"one of {', '.join(SUFFIX)}")
    trained = load_run(folder)
    test = trained.test_split()
    some = test.subset(torch.arange(min(EXAMPLES, len(test))))
    examples = trained.experiment.prepare(some.inputs)
    path = out or trained.record.folder / f"model{SUFFIX[to]}"
    with torch.no_grad():
        expected = trained.model(examples)
    with _hushed():
        content, answer = (_to_onnx if to == "onnx" else _to_torch_export)(trained.model, examples)
        difference = float((answer(examples) - expected).abs().max())
    if not difference <= AGREES:
        raise RunError(f"export to {to}", got=f"logits that differ by {difference:.1e}", need=f"at most {AGREES}")
    write_bytes(path, content)
    return path, difference


Answer = Callable[[Tensor], Tensor]


def _to_onnx(model: nn.Module, examples: Tensor) -> tuple[bytes, Answer]:
    for name in ("onnx", "onnxscript", "onnxruntime"):
        if importlib.util.find_spec(name) is None:
            fix = "Install them: pip install 'd2lab[onnx]'."
            raise MissingExtraError("--to onnx", got=f"no {name}", need="onnx, onnxscript and onnxruntime", fix=fix)
    import onnxruntime

    batch = torch.export.Dim("batch")
    program = torch.onnx.export(
        model, (examples,), input_names=["input"], output_names=["logits"], dynamic_shapes=({0: batch},), dynamo=True
    )
    if program is None:
        raise RunError("export to onnx", got="nothing", need="an ONNX program")
    content = program.model_proto.SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])

    def answer(inputs: Tensor) -> Tensor:
        return torch.from_numpy(np.asarray(session.run(None, {"input": inputs.numpy()})[0]))

    return content, answer


def _to_torch_export(model: nn.Module, examples: Tensor) -> tuple[bytes, Answer]:
    buffer = io.BytesIO()
    program = torch.export.export(model, (examples,), dynamic_shapes=({0: torch.export.Dim("batch")},))
    torch.export.save(program, buffer)
    buffer.seek(0)
    again = torch.export.load(buffer).module()
    return buffer.getvalue(), lambda inputs: again(inputs).detach()


@contextlib.contextmanager
def _hushed() -> Iterator[None]:
    """Keep the exporters' chatter away: a reader wants the file's name and the difference."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
