"""Hypothesis strategies of valid expressions."""

from __future__ import annotations

from hypothesis import strategies as st

from attention_scratch.tasks.operations import LARGEST, OPERATIONS, Expression


def _operation(operands: st.SearchStrategy[int | Expression]) -> st.SearchStrategy[Expression]:
    def of(name: str) -> st.SearchStrategy[Expression]:
        fewest = 2 if name == "Second" else 1
        several = st.lists(operands, min_size=fewest, max_size=4)
        return several.map(lambda found: Expression(name, tuple(found)))

    return st.sampled_from(sorted(OPERATIONS)).flatmap(of)


NUMBERS = st.integers(0, LARGEST)
FLAT = _operation(NUMBERS)
EXPRESSIONS = st.recursive(
    FLAT, lambda inner: _operation(st.one_of(NUMBERS, inner)), max_leaves=8
).filter(lambda expression: expression.depth <= 16)
