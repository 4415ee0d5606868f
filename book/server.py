"""Serve the built site on this machine alone."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

HOST = "127.0.0.1"


class _Handler(SimpleHTTPRequestHandler):
    keep = "no-cache"  # a rebuilt page is seen at once
    extensions_map = {  # noqa: RUF012 - the standard library's own name for it
        **SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".woff": "font/woff",
        ".woff2": "font/woff2",
        ".ipynb": "application/x-ipynb+json",
    }

    def end_headers(self) -> None:
        self.send_header("Cache-Control", self.keep)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Keep the terminal for the address."""


class _Unchanging(_Handler):
    keep = "max-age=3600"  # what pages share is read once


def open_server(
    folder: Path, port: int, *, handles: type[_Handler] = _Handler
) -> ThreadingHTTPServer:
    """A server of ``folder`` on ``port``, or on a free one where that is taken or not allowed."""
    handler = partial(handles, directory=str(folder))
    try:
        return ThreadingHTTPServer((HOST, port), handler)
    except OSError as error:
        print(f"Port {port}: {error.strerror}. Taking a free one instead.", file=sys.stderr)
        return ThreadingHTTPServer((HOST, 0), handler)


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve ``folder``, which must not change, in the background on a free port; its address."""
    server = open_server(folder, port=0, handles=_Unchanging)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield address_of(server)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def serve_until_interrupted(folder: Path, port: int) -> int:
    """Serve ``folder`` until Ctrl-C; returns an exit status."""
    with open_server(folder, port) as server:
        print(f"Reading at {address_of(server)}  (Ctrl-C stops)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()
    return 0


def address_of(server: ThreadingHTTPServer) -> str:
    """The address to type into a browser."""
    return f"http://{HOST}:{server.server_address[1]}/"
