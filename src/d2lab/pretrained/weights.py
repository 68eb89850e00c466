"""A file of weights becomes tensors by name, and can't do anything else.

safetensors holds no code. A .pth is a pickle, which could run any: it is read by torch's restricted reader, which
knows tensors and plain containers and refuses the rest.
"""

import hashlib
import warnings
from io import BufferedReader, BytesIO
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load as decode_tensors
from torch import Tensor

from d2lab.core.errors import DataError
from d2lab.core.regular_file import read_regular
from d2lab.pretrained.origin import HASH_IN_NAME

WRAPPERS = ("model", "state_dict")  # under which training scripts keep the weights beside other things
MOST_BYTES = 2**35
Tensors = dict[str, Tensor]


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read a .safetensors or .pth file; one whose name carries its checksum, as torchvision's do, is checked first.

    Raises:
        DataError: no such file, another content than its name promises, or anything but tensors by name.
    """
    try:
        content = read_regular(path, MOST_BYTES, links=True, error=DataError)
    except DataError as cause:
        need = "a .safetensors or .pth file" if cause.need == "a file" else cause.need  # else too long
        raise DataError(f"weights {path}", got=cause.got, need=need) from cause
    except OSError as cause:
        got = cause.strerror or str(cause)
        raise DataError(f"weights {path}", got=got, need="a .safetensors or .pth file") from cause
    digits = HASH_IN_NAME.search(path.name)
    found = hashlib.sha256(content).hexdigest() if digits else ""
    if digits and not found.startswith(digits[1]):
        need, fix = f"{digits[1]}..., as its name says", "It is cut off or another file: fetch it again."
        raise DataError(f"weights {path}", got=f"sha256 {found[:12]}...", need=need, fix=fix)
    if content[8:9] == b"{":  # the header of safetensors, behind its length
        try:
            return decode_tensors(content)
        except (SafetensorError, ValueError, KeyError) as cause:
            raise DataError(f"weights {path}", got=str(cause), need="a whole safetensors file") from cause
    if content.lstrip()[:1] == b"<":
        raise DataError(f"weights {path}", got="a web page", need="the file that the page offers")
    del content
    with path.open("rb") as file:  # by a handle: torch goes by a path's ending
        return decode_pickle(file, f"weights {path}")


def decode_pickle(file: BufferedReader | BytesIO, what: str) -> Tensors:
    """Read the content of a .pth file without running what it asks for.

    Args:
        file: open at its beginning.
        what: what an error calls it.

    Raises:
        DataError: it holds anything but tensors by name.
    """
    return _by_name(what, _restricted(file, what))


def _restricted(file: BufferedReader | BytesIO, what: str) -> object:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about foreign pickles, which are refused below
            return torch.load(file, map_location="cpu", weights_only=True)
    except Exception as cause:  # a broken pickle may raise anything
        refused = "weights only load failed" in str(cause).lower()  # torch's words
        got = "more than tensors, or a call to run" if refused else f"no whole .pth file ({type(cause).__name__})"
        raise DataError(what, got=got, need="tensors by name and nothing else") from cause


def _by_name(what: str, value: object) -> dict[str, Tensor]:
    for wrapper in WRAPPERS:
        if isinstance(value, dict) and isinstance(value.get(wrapper), dict):
            value = value[wrapper]
    plain = isinstance(value, dict) and value and all(isinstance(tensor, Tensor) for tensor in value.values())
    if not plain:
        raise DataError(what, got=type(value).__name__, need="tensors by name")
    return {str(name): tensor.detach() for name, tensor in value.items()}  # type: ignore[attr-defined]


def fingerprint(tensors: dict[str, Tensor]) -> str:
    """Hash names, kinds, shapes and values: the same for the same weights, whatever file held them."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
