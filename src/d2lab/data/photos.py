"""Photos of any size as bytes: a reader's own, or the two that come with scikit-learn.

Source: scikit-learn, `load_sample_image`: china.jpg and flower.jpg, both CC BY, which the README.txt beside them
credits to danielbuechele on Flickr.
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.data.image import GAP, open_image, quiet_pillow, read_small, to_gray_or_rgb, upright_size
from d2lab.data.image_fit import scaled_frame
from d2lab.data.scenes import PHOTOS


def find_photo(name: str | Path) -> Path:
    """Return the path of a photo; china.jpg and flower.jpg are scikit-learn's where there is no such file.

    Args:
        name: a path.
    """
    path, spec = Path(name), find_spec("sklearn")  # found, not imported: that takes seconds
    if path.exists() or str(name) not in PHOTOS or spec is None:
        return path
    return Path(next(iter(spec.submodule_search_locations or ())), "datasets", "images", str(name))


def read_photo(name: str | Path, longest: int) -> UInt8[Tensor, "3 height width"]:
    """Return a photo in color, upright, its longer side at most so long; it is smoothed where it shrinks.

    Args:
        name: a path, or a name of scikit-learn's.
        longest: of both sides, pixels; a smaller photo stays as it is.

    Raises:
        ConfigError: the side is below 1.
        DataError: no such file, no image, or one too large to be true.
    """
    from PIL import Image

    if longest < 1:
        raise ConfigError("the longest side", got=longest, need="1 pixel or more")
    path = find_photo(name)
    with quiet_pillow(), open_image(path, str(name)) as image:
        width, height = upright_size(image)
        rows, columns = scaled_frame((3, height, width), min(longest, max(width, height)))
        scale = GAP * max(rows, columns) / max(width, height)
        read_small(image, (round(image.width * scale), round(image.height * scale)), str(name))
        whole = to_gray_or_rgb(image, str(name), 3)
        if whole.size != (columns, rows):
            whole = whole.resize((columns, rows), Image.Resampling.BILINEAR)
        pixels = np.array(whole, dtype=np.uint8)
    return torch.from_numpy(pixels).permute(2, 0, 1).contiguous()
