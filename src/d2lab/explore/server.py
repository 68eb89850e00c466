"""Serving a few pages to this machine alone: nothing is read from the disk by name, nothing is taken in."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from d2lab.core import loopback
from d2lab.core.loopback import Page

POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
POLICY += "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@contextmanager
def serving(pages: Mapping[str, bytes], port: int = 0) -> Iterator[str]:
    """Serve pages on loopback; return the address, and stop at the end of the block.

    Args:
        pages: by path: "/" and "/net.js".
        port: to listen at; 0 takes a free one.

    Raises:
        ConfigError: the port is taken.
    """
    made = {path: Page(_kind(path), body) for path, body in pages.items()}
    with loopback.serving(made.get, policy=POLICY, port=port) as address:
        yield address


def _kind(path: str) -> str:
    return loopback.KINDS.get("." + path.rpartition(".")[2], loopback.KINDS[".html"])
