"""The usual use of a model, stage by stage; the mistake is in the model or in the data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from twinproof.measured.faults import Program
from twinproof.measured.task import Given, Task, symbolic
from twinproof.proof.specs import Spec

USUAL_TASK = Task()


def use(
    construct: Callable[[], keras.Model], inputs: Any, targets: Any, pixels: int | None = None, task: Task = USUAL_TASK
) -> Program:
    """Construct, build, compile and train a model, then use it further.

    Every style is built by the same call as everywhere in a study, for images of `pixels` values; without `pixels`, for
    data like these inputs.
    """
    given = Given(inputs, targets)
    specs = task.specs_of(inputs) if pixels is None else Spec((pixels,))
    yield "construct"
    model = construct()
    model(symbolic(specs))
    yield "compile"
    task.compile(model, optimizer="sgd", metrics=None)
    size = given.count // 3
    first = given.first(size)
    yield "first step"
    model.fit(first.inputs, first.targets, batch_size=size, verbose=0)
    yield "later"
    model.fit(inputs, targets, batch_size=size, verbose=0)
    model.evaluate(inputs, targets, batch_size=size, verbose=0)
    model.predict(inputs, batch_size=size, verbose=0)
    # Not the whole model: whether a class was written to be saved is a separate question.
    model.save_weights("kept.weights.h5")
    again = construct()
    again(symbolic(specs))
    again.load_weights("kept.weights.h5")
