"""Submissions to contests: a label for each image, or a probability for each image and class."""

from collections.abc import Sequence
from pathlib import Path

from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import DataError
from d2lab.data.contest import Questions, check_classes
from d2lab.data.csv_file import write_rows


def write_answers(
    path: Path, questions: Questions, classes: Sequence[str], probabilities: Float[Tensor, "image klass"]
) -> None:
    """Write the table of a contest in its own form, rows and columns in its own order, whole or not at all.

    Args:
        path: of the table.
        questions: the images, and the form of the table.
        classes: of the model, in the order of their numbers.
        probabilities: of each image for each class, images in the order of the questions.

    Raises:
        DataError: not one row for each image or column for each class, a number that is no probability, columns of the
            contest that are no classes of the model, or the file can't be written.
    """
    if tuple(probabilities.shape) != (len(questions.ids), len(classes)):
        need = f"one row for each of {len(questions.ids)} images, one column for each of {len(classes)} classes"
        raise DataError("the probabilities of a submission", got=list(probabilities.shape), need=need)
    if not bool(((probabilities >= 0) & (probabilities <= 1)).all()):  # NaN is neither
        raise DataError("the probabilities of a submission", got="a number outside 0 to 1", need="probabilities")
    rows: list[list[str]]
    if questions.classes is None:
        header = list(questions.columns)
        rows = [[classes[number]] for number in probabilities.argmax(1).tolist()]
    else:
        columns = questions.classes or tuple(classes)
        check_classes(columns, tuple(classes))
        header = [*questions.columns, *columns]
        numbers = [list(classes).index(name) for name in columns]
        rows = [[f"{value:.8g}" for value in row] for row in probabilities[:, numbers].tolist()]
    write_rows(path, [header, *([name, *row] for name, row in zip(questions.ids, rows, strict=True))])
