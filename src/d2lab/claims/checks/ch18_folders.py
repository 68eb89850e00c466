"""Chapter 18: classes as folders, the layout of image sets."""

import tempfile
from pathlib import Path

from PIL import Image

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence
from d2lab.data.folder import scan
from d2lab.data.listing import Listing

CLASSES = ("zebra", "ant", "bee")  # in the order in which they are made, which no reader may depend on
COUNTS = (25, 5, 15)


@claim(
    chapter=18,
    kind="definition",
    budget_s=1,
    en="Different classes are put into different folders.",
    zh="不同的类别，放在不同的文件夹中。",
    scope="PATH/CLASS/*.png; a table of names and classes says as much without moving a file",
    scope_zh="PATH/CLASS/*.png 这种布局；用一张表写明文件名和类别，不用搬文件，也是一样",
)
def classes_are_put_into_folders() -> Evidence:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for number, (label, count) in enumerate(zip(CLASSES, COUNTS, strict=True)):
            (root / label).mkdir()
            for copy in range(count):  # the same names in every folder: only the folder tells the class
                Image.new("L", (4, 4), 10 * number + copy).save(root / label / f"{copy:02}.png")
        first = scan(root)
        (root / "ant" / "00.png").rename(root / "bee" / "moved.png")
        second = scan(root)
    files = labels(first)
    right = sum(first.classes[number] == name.split("/")[0] for name, number in files.items())
    held_out = [int((first.test.targets == number).sum()) for number in range(len(first.classes))]
    moved = second.classes[labels(second)["bee/moved.png"]]
    holds = (
        first.classes == tuple(sorted(CLASSES)) and right == sum(COUNTS) == len(files) and moved == "bee"
    ) and held_out == [1, 3, 5]
    return Evidence(
        value={"right": right, "files": sum(COUNTS), "moved": int(moved == "bee"), "held_out": sum(held_out)},
        bound="each file has the class of its folder, classes are numbered by their sorted names, a file that is moved "
        "changes its class, and a fifth of every class is held out",
        bound_zh="每个文件的类别就是它的文件夹，编号按文件夹名字排序，挪动文件就改变类别，每一类各留出五分之一",
        verdict="holds" if holds else "does not hold",
        n=sum(COUNTS),
        why_en="{right} of {files} files have the class of their folder, though each folder has files of the same "
        "names; numbers follow the sorted names, not the order in which folders were made. The file that was "
        "moved has the class of its new folder: {moved} of 1. Nothing looks at the image: a file in the wrong folder "
        "is a wrong label.",
        why_zh="{files} 个文件中有 {right} 个的类别就是所在的文件夹，尽管各文件夹里的文件同名；编号按名字排序，与建立"
        "文件夹的先后无关。挪动过的那个文件换成了新文件夹的类别，1 个中 {moved} 个。没有谁去看图像："
        "放错文件夹，标签就错了。",
    )


def labels(listing: Listing) -> dict[str, int]:
    """Return the class of each file of both parts."""
    found: dict[str, int] = {}
    for part in (listing.train, listing.test):
        found |= {part.names[row]: int(part.targets[row]) for row in range(len(part.names))}
    return found
