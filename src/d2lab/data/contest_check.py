"""What a contest's folder holds: counts, the rarest class, copies of images, and the form of the submission."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path

from d2lab.core.errors import DataError
from d2lab.data.contest import (
    Labelled,
    Questions,
    check_classes,
    divide,
    place_of,
    read_labelled,
    read_questions,
    read_tables,
)
from d2lab.data.contest_copies import Groups, Parts, describe_copies, find_copies, same_images


def check_contest(name: str) -> list[str]:
    """Return lines about a contest's folder.

    Args:
        name: ``kaggle:PATH`` or ``kaggle:PATH#SEED``.

    Raises:
        DataError: the folder is none that can be trained on.
    """
    place, seed = place_of(name.partition(":")[2])
    root = Path(place).expanduser()
    tables = read_tables(root)
    labelled = read_labelled(root, tables)
    train, held = divide(labelled.entries, seed)
    names = {"training part": [e.name for e in train], "held-out part": [e.name for e in held]}
    lines = [f"{len(train):,} training images, {len(held):,} held out (seed {seed})", _classes(labelled)]
    try:
        questions = read_questions(root, tables)
    except DataError:
        if tables.sample or tables.questions:
            raise
        lines.append("no image to label")
    else:
        if questions.classes:
            check_classes(questions.classes, labelled.classes)
        names["test part"] = [e.name for e in questions.entries]
        lines.append(f"{len(questions.ids):,} images to label; {_form(questions)}")
    by_class = {name: [e.name for e in labelled.entries if e.number == n] for n, name in enumerate(labelled.classes)}
    groups = same_images(root, _finest(names, by_class))
    copies = describe_copies(names, groups)
    return [*lines, *_contradictions(by_class, groups), *(copies or ["no image lies in two parts"])]


def _finest(names: Mapping[str, list[str]], by_class: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Divide the parts by class: copies of one part and of one class are nobody's trouble, and need not be read."""
    class_of = {name: label for label, members in by_class.items() for name in members}
    divided: dict[str, list[str]] = defaultdict(list)
    for part, members in names.items():
        for name in members:
            divided[f"{part}/{class_of.get(name, '')}"].append(name)
    return divided


def _classes(labelled: Labelled) -> str:
    counts = Counter(entry.number for entry in labelled.entries)
    number, count = min(counts.items(), key=lambda item: (item[1], item[0]))
    return f"{len(labelled.classes)} classes; the rarest is {labelled.classes[number]}, {count} of them"


def _form(questions: Questions) -> str:
    columns = ",".join(questions.columns)
    if questions.classes is None:
        return f"submission: {columns}"
    return f"submission: {columns} and a probability for each class"


def _contradictions(by_class: Parts, groups: Groups) -> list[str]:
    """Return a line on images that are labelled twice, with two labels."""
    shared = find_copies(by_class, groups)
    if not shared:
        return []
    (one, other), names = next(iter(shared.items()))
    count = len({name for found in shared.values() for name in found})
    return [f"the same image with two labels: {count:,}, such as {names[0]} ({other}, and {one} elsewhere)"]
