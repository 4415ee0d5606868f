"""Keeps private names out of reports: the home folder, the user's and the computer's name."""

from __future__ import annotations

import re
from collections.abc import Callable

from attention_scratch.doctor.machine import Identity

SHORTEST_HOST = 3  # a shorter host name is too common a word to take out
PUBLIC_HOSTS = {"localhost", "docker", "python"}


def redactor(identity: Identity) -> Callable[[str], str]:
    """A function that writes ``~`` for the home folder, ``<user>`` and ``<host>`` for the names.

    The user's name is replaced where it is a part of a path or follows ``user``-like marks
    (``ada@``), since as a bare word it may mean something else; the host's as a whole word.
    """
    rules: list[tuple[re.Pattern[str], str]] = []
    if len(identity.home.rstrip("/\\")) > 1:
        home = re.escape(identity.home.rstrip("/\\"))
        rules.append((re.compile(rf"(?<![\w.~/-]){home}(?=$|[^\w.-])"), "~"))
    if identity.user:
        user = re.escape(identity.user)
        rules.append((re.compile(rf"(?<=[/\\]){user}(?=$|[^\w.-])|\b{user}(?=@)"), "<user>"))
    if len(identity.host) >= SHORTEST_HOST and identity.host not in PUBLIC_HOSTS:
        rules.append((re.compile(rf"(?<![\w-]){re.escape(identity.host)}(?![\w-])"), "<host>"))

    def redact(text: str) -> str:
        for pattern, replacement in rules:
            text = pattern.sub(replacement, text)
        return text

    return redact
