"""A gzipped idx file as a card lists it; no torch, so that cards can be listed without it."""

from d2lab.data.card import DataFile


def idx_file(
    folder: str, mirrors: tuple[str, ...], name: str, packed: tuple[int, str], plain: tuple[int, str]
) -> DataFile:
    """Describe one gzipped idx file in ``FOLDER/raw``, where torchvision puts it too.

    Args:
        folder: of the set, inside a data folder.
        mirrors: addresses of the folder on each server, in the order to try.
        name: of the file.
        packed: size in bytes and SHA-256 of the file as served.
        plain: size in bytes and SHA-256 of its inflated content.
    """
    return DataFile(
        path=f"{folder}/raw/{name}",
        sha256=packed[1],
        bytes=packed[0],
        mirrors=tuple(mirror + name for mirror in mirrors),
        plain_sha256=plain[1],
        plain_bytes=plain[0],
    )
