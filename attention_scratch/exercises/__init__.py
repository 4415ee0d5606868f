"""Exercises: ``check`` an answer, take a ``hint``, see your ``progress``, ``predict`` a cost.

Learners use ``check``, ``hint``, ``progress``, ``predict`` and ``todo``, and write kernels in cells
that begin with ``%%cuda NAME``. Authors write exercises in the words of ``authoring``, a module for
each in ``exercises/NN_name/``.
"""

from attention_scratch.exercises import cuda_magic
from attention_scratch.exercises.checking import check
from attention_scratch.exercises.cuda_magic import CudaSource
from attention_scratch.exercises.exercise import (
    Attempt,
    Case,
    CaseAttempt,
    Constraint,
    Exercise,
    Mutant,
    Suspect,
    Unsolved,
    todo,
)
from attention_scratch.exercises.hints import Hint, hint
from attention_scratch.exercises.predict import Comparison, Prediction, predict
from attention_scratch.exercises.progress import Progress, progress
from attention_scratch.exercises.registry import all_exercises, get, register
from attention_scratch.exercises.result import Result
from attention_scratch.exercises.run import record

__all__ = [
    "Attempt",
    "Case",
    "CaseAttempt",
    "Comparison",
    "Constraint",
    "CudaSource",
    "Exercise",
    "Hint",
    "Mutant",
    "Prediction",
    "Progress",
    "Result",
    "Suspect",
    "Unsolved",
    "all_exercises",
    "check",
    "get",
    "hint",
    "predict",
    "progress",
    "record",
    "register",
    "todo",
]

cuda_magic.register()
