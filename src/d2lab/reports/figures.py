"""Figures of a run: curves, gradient norms, predictions on test examples, confusion matrix, first-layer filters.

Those of detectors are in reports/detection.py, of segmentation in reports/segmentation.py, of style transfer in
reports/style.py, of language models in reports/language.py.
"""

from pathlib import Path

from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.data.split import Split
from d2lab.experiments.stylizing import is_style, open_style
from d2lab.experiments.trained import Trained, load_run
from d2lab.metrics import confusion as count_confusion
from d2lab.plot import confusion, filters, fit, predictions, save_both
from d2lab.reports.chosen import choose_examples
from d2lab.reports.curves import save_record
from d2lab.reports.detection import draw_detection
from d2lab.reports.language import draw_language
from d2lab.reports.segmentation import draw_segmentation
from d2lab.reports.style import draw_style
from d2lab.train.detection import Detection
from d2lab.train.segmentation import Segmentation

SHOWN = 40  # test examples in the figure of predictions, up to half of them wrong ones


def draw_run(folder: Path, data: str | None = None) -> list[Path]:
    """Draw every figure that fits the run's task into its folder; return the paths of the light PNGs.

    Args:
        folder: of the run.
        data: another data set with the same classes.

    Raises:
        ConfigError: another data set for a style transfer, which has none.
        RunError: no such run, or a broken one.
    """
    if is_style(folder):
        if data is not None:
            raise ConfigError("data", got=data, need="none: a style transfer has no data set")
        return draw_style(open_style(folder))
    trained = load_run(folder)
    clip = trained.experiment.settings.optimizer.clip_norm
    if trained.experiment.tokenizer is not None:  # a matrix of tokens would say nothing
        return [*save_record(trained.record, clip), *draw_language(trained)]
    split = trained.test_split(data)
    paths = save_record(trained.record, clip)
    if isinstance(trained.experiment.task, Detection):
        return [*paths, *draw_detection(trained, split)]
    if isinstance(trained.experiment.task, Segmentation):
        return [*paths, *draw_segmentation(trained, split)]
    answers = trained.predict(split)
    out = trained.record.folder
    if trained.experiment.card.task == "regression":
        save_both(lambda theme: fit(split.targets.flatten().numpy(), answers.flatten().numpy(), theme), out / "fit")
        return [*paths, out / "fit.png"]
    paths += _draw_classes(trained, split, answers, out)
    weights = first_layer_images(trained)
    if weights is not None:
        save_both(lambda theme: filters(weights.numpy(), theme), out / "filters")
        paths.append(out / "filters.png")
    return paths


def _draw_classes(trained: Trained, split: Split, answers: Tensor, out: Path) -> list[Path]:
    """Draw the confusion matrix, and sample predictions where the inputs are images."""
    names = trained.experiment.card.classes
    predicted = answers.argmax(1)
    matrix = count_confusion(predicted, split.targets, len(names)).numpy()
    save_both(lambda theme: confusion(matrix, names, theme), out / "confusion")
    paths = [out / "confusion.png"]
    if len(split.shape) == 3:
        right = predicted == split.targets
        chosen = choose_examples(right, SHOWN)
        wrong = int((~right[chosen]).sum())
        title = f"{int((~right).sum())} of {len(split)} wrong: {wrong} of them and {len(chosen) - wrong} right ones"
        images = split.subset(chosen).inputs.permute(0, 2, 3, 1).squeeze(-1).numpy()
        truth, guess = split.targets[chosen].numpy(), predicted[chosen].numpy()
        certainty = answers[chosen].max(1).values.numpy()
        save_both(
            lambda theme: predictions(images, truth, guess, certainty, names, theme, title=title), out / "predictions"
        )
        paths.append(out / "predictions.png")
    return paths


def first_layer_images(trained: Trained) -> Tensor | None:
    """Return the weights of the first layer as images, or None where they can't be drawn as images.

    A convolution's are `[out, in, height, width]`; a linear layer on flattened gray images is unfolded to
    `[out, height, width]`.
    """
    first = next((m for m in trained.model.modules() if isinstance(m, nn.Conv2d | nn.Linear)), None)
    shape = trained.experiment.card.shape
    if first is None or len(shape) != 3:
        return None
    weights = first.weight.detach().cpu()
    if isinstance(first, nn.Conv2d):
        return weights
    channels, height, width = shape
    return weights.view(-1, height, width) if channels == 1 else None
