"""Turns inline PTX into C++: each ``asm`` statement becomes a call that interprets its text.

The preprocessor still runs afterwards, so the text may be put together from macros, and a
statement may stand inside one. What nvcc refuses is refused here.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"""(?P<comment>//(?:\\\n|[^\n])*|/\*.*?\*/)
    |(?P<raw>\b(?:u8|[uUL])?R"(?P<fence>[^\s()\\]{0,16})\((?P<inside>.*?)\)(?P=fence)")
    |(?P<string>"(?:\\.|[^"\\\n])*")
    |(?P<character>(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])*')
    |(?P<word>[A-Za-z_]\w*)
    |(?P<other>.)""",
    re.DOTALL | re.VERBOSE,
)
_ASM = {"asm", "__asm__", "__asm"}
_QUALIFIERS = {"volatile", "__volatile__", "__volatile", "inline", "__inline__"}
_OPERAND = re.compile(r'"(?P<constraint>[^"]*)"\s*\((?P<value>.*)\)', re.DOTALL)
_CONSTRAINT = re.compile(r"(?P<direction>[=+]?)(?P<early>&?)(?P<kind>[hrlfdnC])")
_HELD = {
    "h": "a 16-bit integer",
    "r": "a 32-bit integer",
    "l": "a 64-bit integer or a pointer",
    "f": "a float",
    "d": "a double",
    "n": "an integer known at compile time",
    "C": "an array of char known at compile time",
}


_SIZES = (4, 8, 16, 32, 256)  # of simt::PtxRegisters


class PtxError(ValueError):
    """An ``asm`` statement that nvcc would refuse; ``line`` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclasses.dataclass(frozen=True, slots=True)
class Operand:
    """One operand: how it is used ('=', '+' or ' '), its constraint letter, its C++ expression."""

    direction: str
    kind: str
    value: str


@dataclasses.dataclass(frozen=True, slots=True)
class Statement:
    """An ``asm`` statement: the expression that is its text, and its operands in order."""

    text: str
    operands: tuple[Operand, ...]


def rewrite(code: str) -> str:
    """The source with each ``asm`` statement as C++; everything keeps its line.

    Raises:
        PtxError: an ``asm`` statement is malformed, or of a kind that nvcc refuses.
    """
    if "asm" not in code:
        return code
    pieces, done = [], 0
    for start, opening in _statements(code):
        line = code.count("\n", 0, start) + 1
        end = _closing(code, opening, line)
        made = expression(parse(_on_one_line(code[opening + 1 : end], line), line))
        breaks = re.findall(r"\\?\n", code[start:end])
        pieces += [code[done:start], made, *breaks]
        done = end + 1
    return "".join(pieces) + code[done:]


def _statements(code: str) -> Iterator[tuple[int, int]]:
    """Where each ``asm`` stands, and its opening parenthesis."""
    start: int | None = None
    for match in _TOKEN.finditer(code):
        word = match["word"]
        if word in _ASM:
            start = match.start()
        elif start is None or match["comment"] or match[0].isspace() or match[0] == "\\":
            continue
        elif word == "goto":
            raise PtxError("asm goto: nvcc knows no such thing", code.count("\n", 0, start) + 1)
        elif word not in _QUALIFIERS:
            if match[0] == "(":
                yield start, match.start()
            start = None


def _closing(code: str, opening: int, line: int) -> int:
    """Where the parenthesis that opens at ``opening`` closes."""
    depth = 0
    for match in _TOKEN.finditer(code, opening):
        depth += (match[0] == "(") - (match[0] == ")")
        if depth == 0:
            return match.start()
    raise PtxError("asm statement without its closing parenthesis", line)


def _on_one_line(body: str, line: int) -> str:
    """The inside of the parentheses without comments and line breaks."""
    pieces = []
    for match in _TOKEN.finditer(body):
        if match["comment"]:
            pieces.append(" ")
        elif match["raw"]:
            pieces.append(_quoted(match["inside"]))
        elif match["string"]:
            pieces.append(match[0].replace("\\\n", ""))
        else:
            pieces.append(match[0])
    joined = "".join(pieces)
    if re.search(r"\n[ \t]*#", joined):
        raise PtxError("an asm statement cannot hold preprocessor directives here", line)
    return re.sub(r"\\?\n", " ", joined)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _split(text: str, separator: str) -> list[str]:
    """Split at a character outside brackets, strings and character constants."""
    pieces, depth, start = [], 0, 0
    for match in _TOKEN.finditer(text):
        depth += (match[0] in "([{") - (match[0] in ")]}") if match["other"] else 0
        if match[0] == separator and depth == 0:
            pieces.append(text[start : match.start()])
            start = match.end()
    return [*pieces, text[start:]]


def parse(body: str, line: int) -> Statement:
    """What stands between the parentheses of an ``asm`` statement.

    Raises:
        PtxError: it is malformed.
    """
    text, *sections = (section.strip() for section in _split(body, ":"))
    if not text:
        raise PtxError("asm statement without a text", line)
    if text.startswith("("):
        raise PtxError("the text of an asm statement is a string, without parentheses", line)
    if len(sections) > 3:
        raise PtxError("asm statement with more than outputs, inputs and clobbers", line)
    outputs, inputs, clobbers = (*sections, "", "", "")[:3]
    operands = [_operand(piece, line, True) for piece in _list(outputs, line)]
    operands += [_operand(piece, line, False) for piece in _list(inputs, line)]
    if len(operands) > _SIZES[-1]:
        raise PtxError(f"asm statement with more than {_SIZES[-1]} operands", line)
    for clobber in _list(clobbers, line):
        if not re.fullmatch(r'"[^"]*"', clobber):
            raise PtxError(f'a clobber is a string such as "memory", not {clobber}', line)
    if sections:  # %% means %, but in an asm statement without colons it stands for itself
        text = _escapes_resolved(text)
    return Statement(text, tuple(operands))


def _list(section: str, line: int) -> list[str]:
    if not section:
        return []
    pieces = [piece.strip() for piece in _split(section, ",")]
    if not all(pieces):
        raise PtxError("an operand is missing beside a comma of an asm statement", line)
    return pieces


def _escapes_resolved(text: str) -> str:
    return "".join(
        match[0].replace("%%", "%") if match["string"] else match[0]
        for match in _TOKEN.finditer(text)
    )


def _operand(text: str, line: int, is_output: bool) -> Operand:
    if text.startswith("["):
        raise PtxError(f"named operand {text}: nvcc knows only numbers, %0, %1, …", line)
    match = _OPERAND.fullmatch(text)
    if match is None or not match["value"].strip():
        raise PtxError(f'an operand is written "constraint"(expression), not {text}', line)
    value = match["value"].strip()
    constraint = _CONSTRAINT.fullmatch(match["constraint"])
    if constraint is None:
        known = ", ".join(f'"{kind}"' for kind in _HELD)
        raise PtxError(
            f'constraint "{match["constraint"]}" of operand ({value}): expected {known}, '
            'for an output after "=" or "+"',
            line,
        )
    direction, kind = constraint["direction"], constraint["kind"]
    if is_output and (not direction or kind in "nC"):
        raise PtxError(f'output ({value}) needs a constraint such as "=r" or "+r"', line)
    if not is_output and (direction or constraint["early"]):
        raise PtxError(f"input ({value}) with the constraint of an output", line)
    return Operand(direction or " ", kind, value)


def expression(statement: Statement) -> str:
    """One C++ expression, on one line, that runs the statement."""
    operands = statement.operands
    signature = "".join(o.direction + o.kind for o in operands)
    names = [f"simt_o{i}" for i in range(len(operands))]
    lines = [f'static simt::PtxSite simt_site = {{{statement.text}, "{signature}", nullptr}};']
    lines += [_bound(i, o, name) for i, (o, name) in enumerate(zip(operands, names, strict=True))]
    bits = [
        "0" if o.direction == "=" else f"simt::ptx_bits({name})"
        for o, name in zip(operands, names, strict=True)
    ]
    size = next((n for n in _SIZES if n >= len(operands)), 0)
    lines.append(f"simt::PtxRegisters<{size}> simt_r = {{{{{', '.join(bits) or '0'}}}}};")
    lines.append("simt_r = simt::ptx_run(&simt_site, simt_r);")
    lines += [
        f"simt::ptx_set({name}, simt_r.r[{i}]);"
        for i, (o, name) in enumerate(zip(operands, names, strict=True))
        if o.direction != " "
    ]
    return "({ " + " ".join(lines) + " })"


def _bound(index: int, operand: Operand, name: str) -> str:
    how = {"n": "constexpr auto", "C": "const auto&"}.get(operand.kind, "const auto")
    how = how if operand.direction == " " else "auto&"
    message = f'operand %{index} of asm: \\"{operand.kind}\\" takes {_HELD[operand.kind]}'
    fits = f"simt::ptx_fits<'{operand.kind}', decltype({name})>"
    return f'{how} {name} = ({operand.value}); static_assert({fits}, "{message}");'
