"""What an exported file computes: outputs for a batch, boxes and scores, or a step of a language model with its state.

A recurrent model is exported as `(tokens, state) -> (logits, state)`, one token of each text at a time, so that whoever
runs the file keeps the state; a GPT as `tokens -> logits` over windows of at most `context` tokens. The tokenizer goes
into the metadata: a file needs no run and no text to be fed. A detector is exported as `images -> (scores, boxes)`,
or with masks too, every candidate decoded to pixels; which of them are detections stands in the metadata.
"""

import copy
import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.core.tensor_tree import Tree, map_tensors, tensors_of
from d2lab.experiments.tokens import tokenizer_of
from d2lab.experiments.trained import Trained
from d2lab.layers.bptt import FusedRNN
from d2lab.models.folded import fold_model, has_normalization
from d2lab.models.gpt import GPT
from d2lab.models.language_rnn import LanguageRNN
from d2lab.models.table_ensemble import TableEnsemble
from d2lab.recipes.language import LanguageSettings
from d2lab.train.detection import Detection

EXAMPLES = 16  # inputs on which the file must agree with the model
PREPARATION = "d2lab.preparation"  # keys of the metadata in the file: JSON, see vision.preparation
TOKENIZER = "d2lab.tokenizer"  # and text.tokenizer
SUPPRESSION = "d2lab.suppression"  # of a detector: settings, see train.detection
OF_DETECTOR = ("scores", "boxes", "masks")  # names of a detector's outputs
CONTEXT = "d2lab.context"  # tokens that a window may have, of a model without a state


@dataclass(frozen=True, kw_only=True)
class Form:
    """A module to export, with inputs to compare on.

    Args:
        module: that is exported; on the same inputs the run's own model must give the same.
        model: the run's, called as the module is.
        inputs: examples, one for each argument.
        shapes: which axes are free, for each argument.
        names: of inputs and outputs in an ONNX file.
        metadata: JSON by key.
        note: what was done to the module, in one line.
    """

    module: nn.Module
    model: nn.Module
    inputs: tuple[Tree, ...]
    shapes: tuple[Any, ...]
    names: tuple[list[str], list[str] | None]
    metadata: Mapping[str, str] = field(default_factory=dict)
    note: str = ""


class Step(nn.Module):
    """One token more of each text: `(tokens, state)` -> logits of the next, state."""

    def __init__(self, model: LanguageRNN) -> None:
        super().__init__()
        self.model = model

    def forward(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:  # noqa: ANN401
        """Read one token of each text."""
        return self.model.step(tokens, state)


class Windows(nn.Module):
    """Logits at every position of a window of tokens; no state."""

    def __init__(self, model: GPT) -> None:
        super().__init__()
        self.model = model

    def forward(self, tokens: Tensor) -> Tensor:
        """Score the next token at every position."""
        logits: Tensor = self.model(tokens)[0]
        return logits


class Candidates(nn.Module):
    """Every box that a detector's outputs stand for: images -> scores `[image, box, class]`, boxes in pixels.

    A detector with masks also gives them, `[image, box, class, side, side]`: the probability of each cell of a box.
    """

    def __init__(self, model: nn.Module, task: Detection) -> None:
        super().__init__()
        self.model, self.task = model, task

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return scores, boxes and maybe masks, nothing suppressed."""
        outputs = self.model(images)
        masks = self.task.masks(outputs)
        return (*self.task.candidates(outputs), *(() if masks is None else (masks,)))


def form_of(trained: Trained) -> Form:
    """Return what is exported of a run.

    Raises:
        ConfigError: its model has no weights that a file could hold.
    """
    batch = torch.export.Dim("batch")  # here: it brings half a compiler along
    metadata = {PREPARATION: json.dumps(trained.preparation.to_json())}
    model = trained.model
    task = trained.experiment.task
    if isinstance(model, TableEnsemble):
        need = "a model that is trained by steps; those of a table answer rows by d2lab predict RUN FILE.csv"
        raise ConfigError("export", got=trained.experiment.recipe.name, need=need)
    if isinstance(task, Detection):
        return _of_detector(trained, task, metadata)
    if not isinstance(trained.experiment.settings, LanguageSettings):
        inputs = _examples(trained)
        count = len(tensors_of(inputs))
        names = (["input"], ["logits"]) if isinstance(inputs, Tensor) else ([f"input{n}" for n in range(count)], None)
        shapes = (map_tensors(lambda tensor: {0: batch}, inputs),)
        return Form(module=model, model=model, inputs=(inputs,), shapes=shapes, names=names, metadata=metadata)
    tokenizer = tokenizer_of(trained.experiment)
    metadata[TOKENIZER] = json.dumps(tokenizer.to_json())
    draw = torch.Generator().manual_seed(0)
    if isinstance(model, GPT):
        metadata[CONTEXT] = json.dumps(model.context)
        windows = torch.randint(len(tokenizer), (EXAMPLES, min(model.context, 8)), generator=draw)
        shapes = ({0: batch, 1: torch.export.Dim("time", max=model.context)},)
        names = (["tokens"], ["logits"])
        texts = Windows(model)
        return Form(module=texts, model=texts, inputs=(windows,), shapes=shapes, names=names, metadata=metadata)
    if not isinstance(model, LanguageRNN):
        need = "a model with weights: counts are made again from the text that the run keeps"
        raise ConfigError("export", got=trained.experiment.recipe.name, need=need)
    tokens = torch.randint(len(tokenizer), (EXAMPLES,), generator=draw)
    with torch.no_grad():
        _, state = model.step(tokens)
    states = [f"state{n}" for n in range(len(tensors_of(state)))]
    return Form(
        module=Step(_with_layers_of_torch(model)),
        model=Step(model),
        inputs=(tokens, state),
        shapes=({0: batch}, map_tensors(lambda tensor: {1: batch}, state)),
        names=(["tokens", *states], ["logits", *(f"next_{name}" for name in states)]),
        metadata=metadata,
    )


def folded_form(form: Form) -> Form:
    """Return the form with the normalization of its module folded into convolutions and linear maps.

    Raises:
        ConfigError: there is none, or none that follows or precedes such a layer.
    """
    if not has_normalization(form.module):
        raise ConfigError("--fold", got="a model without batch normalization", need="one with it", fix="Leave it out.")
    folded = fold_model(form.module, form.inputs)
    if not folded.folded:
        got = f"{folded.kept} batch normalizations, none of which follows a convolution"
        raise ConfigError("--fold", got=got, need="one that does", fix="Leave it out.")
    before, after = (sum(t.numel() for t in model.state_dict().values()) for model in (form.module, folded.model))
    note = f"folded: {folded.folded} of {folded.folded + folded.kept} normalizations, {before - after:,} numbers fewer"
    return dataclasses.replace(form, module=folded.model, note=note)


def _of_detector(trained: Trained, task: Detection, metadata: dict[str, str]) -> Form:
    """Return what is exported of a detector: scores and boxes, and masks where it has them."""
    whole, images = Candidates(trained.model, task), _examples(trained)
    with torch.no_grad():
        count = len(whole(images))
    return Form(
        module=whole,
        model=whole,
        inputs=(images,),
        shapes=({0: torch.export.Dim("batch")},),
        names=(["images"], list(OF_DETECTOR[:count])),
        metadata=metadata | {SUPPRESSION: json.dumps(dataclasses.asdict(task.suppression))},
    )


def _examples(trained: Trained) -> Tree:
    """Return inputs for the comparison: the model's own `example`, else uniform random numbers in [0, 1]."""
    own = getattr(trained.model, "example", None)
    generator = torch.Generator().manual_seed(0)
    if own is not None:
        example: Tree = own(EXAMPLES)
        return example
    return torch.rand(EXAMPLES, *trained.preparation.prepared_shape, generator=generator)


def _with_layers_of_torch(model: LanguageRNN) -> LanguageRNN:
    """Return the model with torch's recurrent layer for ours: the exporters can't read a backward pass by hand."""
    if not isinstance(model.rnn, FusedRNN):
        return model
    ours, copied = model.rnn, copy.deepcopy(model)
    layer = nn.RNN(ours.input_size, ours.hidden_size, ours.num_layers)
    layer.load_state_dict(ours.state_dict())
    copied.rnn = layer
    return copied.eval()
