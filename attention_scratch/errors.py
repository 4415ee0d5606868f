"""The package's errors: each names the field, the value given, what was expected, the remedy."""

from __future__ import annotations

from pathlib import Path


class AttentionScratchError(Exception):
    """Base of every error this package raises on purpose."""


class InputError(AttentionScratchError, ValueError):
    """A value the caller gave cannot be used.

    Args:
        field: name of the argument, key or file at fault.
        given: the value as the caller gave it (shown with ``repr`` unless already text).
        expected: what would have been accepted.
        remedy: one sentence that says what to do.
    """

    def __init__(self, field: str, given: object, *, expected: str, remedy: str) -> None:
        shown = given if isinstance(given, str) else repr(given)
        super().__init__(f"{field}: got {shown}; expected {expected}. {remedy}")
        self.field = field
        self.given = given
        self.expected = expected
        self.remedy = remedy

    def __str__(self) -> str:  # FileNotFoundError would otherwise format an errno
        return str(self.args[0])


def require(fits: object, field: str, given: object, *, expected: str, remedy: str) -> None:
    """Raise :class:`InputError` unless ``fits`` is true."""
    if not fits:
        raise InputError(field, given, expected=expected, remedy=remedy)


class MissingFileError(InputError, FileNotFoundError):
    """A file or folder that should exist does not."""

    def __init__(self, path: Path, *, expected: str, remedy: str, field: str = "path") -> None:
        super().__init__(field, str(path), expected=expected, remedy=remedy)
        self.path = path


class MissingExtraError(AttentionScratchError, ImportError):
    """An optional dependency is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"{package} is not installed: pip install 'attention-scratch[{extra}]' brings it."
        )
        self.package = package
        self.extra = extra
