"""``attention-scratch demo``: one page on localhost, without any other host."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from attention_scratch.demo import demo, page
from attention_scratch.demo.server import HOST, open_server
from tests.book.site_browser import SIZES, window
from tests.demo.models import random_decoder, save

if TYPE_CHECKING:
    from playwright.sync_api import Browser

COMMAND = (sys.executable, "-c", "from attention_scratch.cli import main; main()", "demo")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(random_decoder({}), tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with open_server(demo(folder), 0) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://{HOST}:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


def test_the_address_gives_the_page_and_nothing_else(address: str, folder: Path) -> None:
    with urllib.request.urlopen(f"{address}?again") as answer:
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert answer.read().decode() == page(demo(folder))
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{address}../config.json")


@pytest.mark.browser
def test_the_page_answers_offline_for_every_reader(browser: Browser, address: str) -> None:
    with window(browser) as seen:
        seen.open(address)
        assert seen.page.locator(".answer").is_visible()
        assert {r.url for r in seen.requests if not r.url.startswith("data:")} == {address}
        assert seen.complaints == []
        assert seen.faults() == {}
        seen.page.emulate_media(color_scheme="dark")
        for size in SIZES:
            seen.resize(size)
            assert seen.contrast() == []


def test_a_taken_port_is_told_and_another_one_used(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with open_server(demo(folder), port) as server:
            assert server.server_address[1] != port
    assert f"Port {port}: " in capsys.readouterr().err


def test_the_command_serves_until_interrupted(folder: Path) -> None:
    command = [*COMMAND, "--model", str(folder), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        address = line.split()[2]
        with urllib.request.urlopen(address) as answer:
            assert b"Ask the model" in answer.read()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0


def test_the_command_names_a_folder_without_a_model(tmp_path: Path) -> None:
    command = [*COMMAND, "--model", str(tmp_path)]
    done = subprocess.run(command, text=True, capture_output=True, check=False, timeout=120)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: path: got {tmp_path / 'config.json'}; expected the con")
    assert done.stderr.count("\n") == 1
