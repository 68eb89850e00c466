"""Submissions to Kaggle: predicted labels of unlabeled test images, or a probability for each class."""

from pathlib import Path

import torch

from d2lab.core.errors import ConfigError
from d2lab.data.contest import read_questions, read_tables
from d2lab.data.contest_answers import write_answers
from d2lab.data.image_files import ImageFiles
from d2lab.data.names import Names
from d2lab.data.stream import default_workers
from d2lab.experiments.trained import load_run


def submit(run: Path, folder: Path, out: Path, *, device: str = "cpu") -> int:
    """Write the submission of a run; return the number of images.

    Args:
        run: its folder, or its name in runs/.
        folder: a folder in Kaggle's layout: test/ID.png, or images/ with test.csv; see `d2lab.data.contest`.
        out: the table to write.
        device: device of the model.

    Raises:
        ConfigError: the run is not an image classification.
        DataError: there are no such images, one is broken, or the table can't be written.
        RunError: the run can't be opened.
    """
    trained = load_run(run, device=device)
    card = trained.experiment.card
    if len(card.shape) != 3 or not card.classes:
        raise ConfigError(f"run {trained.record.name}", got=card.name, need="a run on images with classes")
    questions = read_questions(folder, read_tables(folder))
    images = ImageFiles(
        folder,
        Names(entry.name for entry in questions.entries),
        torch.zeros(len(questions.ids), dtype=torch.int64),
        side=trained.preparation.shape[1],
        channels=card.shape[0],
        workers=default_workers(),
        fit=trained.experiment.settings.fit,
    )
    write_answers(out, questions, card.classes, trained.predict(images))
    return len(questions.ids)
