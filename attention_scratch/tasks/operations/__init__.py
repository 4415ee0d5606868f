"""The operations task: ``Max(First(2,8),Second(5,1))`` is 5.

Expressions, their parser and evaluator, balanced generators, splits, batches of token ids, and
trained models that answer.
"""

from attention_scratch.tasks.operations.batches import Batch, batch, pad
from attention_scratch.tasks.operations.expression import (
    LARGEST,
    OPERATIONS,
    Expression,
    evaluate,
)
from attention_scratch.tasks.operations.generate import different, distinct, expressions
from attention_scratch.tasks.operations.model import OperationsModel, load
from attention_scratch.tasks.operations.parse import parse
from attention_scratch.tasks.operations.splits import SPLITS, Split, split_of
from attention_scratch.tasks.operations.task import TASKS, Task
from attention_scratch.tasks.operations.vocabulary import (
    ARROW,
    EOS,
    IDS,
    PAD,
    TOKENS,
    decode,
    encode,
    encode_answer,
    tokens,
)

__all__ = [
    "ARROW",
    "EOS",
    "IDS",
    "LARGEST",
    "OPERATIONS",
    "PAD",
    "SPLITS",
    "TASKS",
    "TOKENS",
    "Batch",
    "Expression",
    "OperationsModel",
    "Split",
    "Task",
    "batch",
    "decode",
    "different",
    "distinct",
    "encode",
    "encode_answer",
    "evaluate",
    "expressions",
    "load",
    "pad",
    "parse",
    "split_of",
    "tokens",
]
