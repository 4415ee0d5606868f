"""Serve the demo on this machine alone: one page, no file but itself, no other host."""

from __future__ import annotations

import sys
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from attention_scratch.demo.figure import Demo

HOST = "127.0.0.1"
PAGE = Path(__file__).with_name("page.html")


def page(demo: Demo) -> str:
    """The demo as a whole HTML document."""
    template = PAGE.read_text(encoding="utf-8")
    about, figure = escape(demo.task.name), demo._repr_html_()
    return template.replace("{{task}}", about).replace("{{figure}}", figure)


def open_server(demo: Demo, port: int) -> ThreadingHTTPServer:
    """A server of the page on ``port``, or on a free one where that is taken or not allowed."""
    body = page(demo).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.split("?")[0] != "/":
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Keep the terminal for the address."""

    try:
        return ThreadingHTTPServer((HOST, port), Handler)
    except OSError as error:
        print(f"Port {port}: {error.strerror}. Taking a free one instead.", file=sys.stderr)
        return ThreadingHTTPServer((HOST, 0), Handler)


def serve(demo: Demo, port: int) -> None:
    """Serve the page until Ctrl-C."""
    with open_server(demo, port) as server:
        print(f"Demo at http://{HOST}:{server.server_address[1]}/  (Ctrl-C stops)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()
