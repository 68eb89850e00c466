"""Files of a style transfer: its image, the strip of images on the way, and its curves."""

import io
from pathlib import Path

from jaxtyping import UInt8
from torch import Tensor

from d2lab.core.atomic import write_bytes
from d2lab.core.errors import ConfigError
from d2lab.experiments.stylizing import Stylized
from d2lab.plot.box_grid import BoxPanel, box_grid
from d2lab.plot.save import save_both
from d2lab.reports.curves import save_record

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
COLUMNS, INCHES = 4, 2.4  # of the strip: images a row, width of one


def write_image(image: UInt8[Tensor, "3 height width"], path: Path) -> None:
    """Write an image as PNG or JPEG, whole or not at all.

    Raises:
        ConfigError: the path ends in neither .png nor .jpg.
        RunError: it can't be written.
    """
    from PIL import Image

    require_image_name(path)
    buffer = io.BytesIO()
    pixels = Image.fromarray(image.permute(1, 2, 0).contiguous().numpy())
    pixels.save(buffer, FORMATS[path.suffix.lower()], **({"quality": 95} if path.suffix.lower() != ".png" else {}))
    write_bytes(path, buffer.getvalue())


def require_image_name(path: Path) -> None:
    """Refuse a path that does not say which form of image it is.

    Raises:
        ConfigError: it ends in neither .png nor .jpg.
    """
    if path.suffix.lower() not in FORMATS:
        raise ConfigError("--out", got=str(path), need="a file that ends in .png or .jpg")


def draw_style(done: Stylized) -> list[Path]:
    """Draw image, strip and curves into the run's folder; return the paths of image and light PNGs.

    Args:
        done: a run, finished or not.

    Raises:
        RunError: no image of the strip was made yet, or the folder can't be written.
    """
    folder = done.record.folder
    paths = [folder / "image.png"]
    write_image(done.image, paths[0])
    if done.strip:
        recipe = done.record.recipe()
        title = f"{recipe['content']['file']} in the style of {recipe['style']['file']}"
        subtitle = f"{recipe['model']}, {recipe['weights']['source']}; {done.config.optimizer}, seed {recipe['seed']}"
        images = [done.photos["content"], done.photos["style"], *done.strip]
        names = ["content", "style", *done.captions()]
        panels = [
            BoxPanel(image=image.permute(1, 2, 0).numpy(), caption=name)
            for image, name in zip(images, names, strict=True)
        ]
        save_both(
            lambda theme: box_grid(panels, theme, title=title, subtitle=subtitle, columns=COLUMNS, inches=INCHES),
            folder / "strip",
        )
        paths += [folder / "strip.png", *save_record(done.record, None)]
    return paths
