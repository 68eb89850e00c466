"""What the images of a folder are like, found out from some of them: colors, size, what is odd."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from d2lab.core.errors import DataError
from d2lab.core.machine import usable_cores
from d2lab.data.image import open_image, quiet_pillow
from d2lab.data.listing import Listing

SIDE = 224  # pixels, of images of many sizes where nobody says another
LARGEST_SIDE = 256  # images that all are squares up to this size keep it
SAMPLED = 64  # images that are opened to find size and colors for a card
GRAY = {"1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L"}
TWELVE_BITS = 4096  # what no value of a set reaches that a camera of 12 bits stored in 16
CHUNK = 256  # images asked together


@dataclass(frozen=True, slots=True)
class Sample:
    """What some images of a set are like."""

    channels: int
    side: int  # pixels
    mixed: bool  # sizes differ, or are no squares, or large
    note: str  # what is odd about them


def sample_images(listing: Listing) -> Sample:
    """Open some images spread over the set; where all of them are gray, every image is asked for its colors.

    Raises:
        DataError: an image can't be opened.
    """
    count = len(listing.train.names)
    chosen = np.unique(np.linspace(0, count - 1, min(SAMPLED, count)).astype(int))
    modes, sizes, brightest = set[str](), set[tuple[int, int]](), 0
    with quiet_pillow():
        for number in chosen.tolist():
            path = listing.root / listing.train.names[number]
            with open_image(path, str(path)) as image:
                modes.add(image.mode)
                sizes.add(image.size)
                if image.mode.startswith("I;16") and brightest < TWELVE_BITS:
                    brightest = max(brightest, int(np.asarray(image).max()))
        gray = modes <= GRAY and not _any_color(listing)
    width, height = next(iter(sizes))
    same = len(sizes) == 1 and width == height <= LARGEST_SIDE
    deep = all(mode.startswith("I;16") for mode in modes)
    dark = f"16-bit pixels of at most {brightest} in the images looked at: read as if 65,535 were white, so very dark"
    note = dark if deep and brightest < TWELVE_BITS else ""
    return Sample(1 if gray else 3, width if same else SIDE, not same, note)


def _any_color(listing: Listing) -> bool:
    """Check whether a training image is in color; only headers are read, a broken one is left to its reader."""
    names = listing.train.names

    def is_color(number: int) -> bool:
        path = listing.root / names[number]
        try:
            with open_image(path, str(path)) as image:
                return image.mode not in GRAY
        except DataError:
            return False

    with ThreadPoolExecutor(usable_cores()) as pool:
        chunks = (range(start, min(start + CHUNK, len(names))) for start in range(0, len(names), CHUNK))
        return any(any(pool.map(is_color, chunk)) for chunk in chunks)
