"""Serving a built site on the loopback address."""

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from d2lab.core.errors import ConfigError
from d2lab.site.stamp import require_whole

LOOPBACK = "127.0.0.1"


class Handler(SimpleHTTPRequestHandler):
    """Serve the files of one folder to this machine only, without logging."""

    def send_head(self) -> Any:  # noqa: ANN401 (the library's signature)
        """Refuse requests with a foreign Host header (DNS rebinding)."""
        if self.headers.get("Host", "").rpartition(":")[0] not in (LOOPBACK, "localhost"):
            self.send_error(403, "only this machine is answered")
            return None
        return super().send_head()

    def list_directory(self, path: Any) -> None:  # noqa: ANN401 (the library's signature)
        """Refuse directory listings."""
        self.send_error(404, "no such page")

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: ANN401
        """Log nothing."""


@contextmanager
def served(site: Path, port: int = 0) -> Iterator[str]:
    """Serve a built site on loopback; return its address, and stop at the end of the block.

    Args:
        site: the folder of a built site.
        port: to listen at; 0 takes a free one.

    Raises:
        ConfigError: the folder holds no whole site, or the port is taken.
    """
    require_whole(site)
    try:
        server = ThreadingHTTPServer((LOOPBACK, port), functools.partial(Handler, directory=str(site)))
    except OSError as cause:
        fix = "Leave --port out to take a free one."
        raise ConfigError("port", got=port, need="one that is free", fix=fix) from cause
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{LOOPBACK}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
