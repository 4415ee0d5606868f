"""``Once``: a machine that is asked each question a single time, however many probes want it."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, cast

from attention_scratch.doctor.machine import COMMAND_LIMIT, Machine, Ran


class Once:
    """Wraps a machine; answers of ``ask`` and ``run``, errors included, are remembered."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._answers: dict[tuple[str, ...], Any] = {}
        self._locks: defaultdict[tuple[str, ...], threading.Lock] = defaultdict(threading.Lock)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._machine, name)

    def run(self, *command: str, limit: float = COMMAND_LIMIT) -> Ran:
        """As ``Machine.run``, once per command."""
        return cast(Ran, self._once(command, lambda: self._machine.run(*command, limit=limit)))

    def ask(self, question: str) -> Mapping[str, Any]:
        """As ``Machine.ask``, once per question."""
        key = ("a question about", question)
        return cast("Mapping[str, Any]", self._once(key, lambda: self._machine.ask(question)))

    def _once(self, key: tuple[str, ...], answer: Callable[[], Any]) -> Any:
        with self._locks[key]:
            if key not in self._answers:
                try:
                    self._answers[key] = answer()
                except Exception as error:  # remembered, and raised to each who asks
                    self._answers[key] = error
        found = self._answers[key]
        if isinstance(found, Exception):
            raise found
        return found
