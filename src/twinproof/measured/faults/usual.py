"""What is usually done with a model, stage by stage: the mistake is in what it is done with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from twinproof.measured.faults import Program


def use(construct: Callable[[], keras.Model], images: Any, labels: Any, pixels: int | None = None) -> Program:
    """Construct and build, compile and train a model, and whatever comes after.

    Every style is built by the call that builds it everywhere in a study, for images of `pixels` values; without, for
    images of as many as these have.
    """
    symbolic = (images.shape[1] if pixels is None else pixels,)
    yield "construct"
    model = construct()
    model(keras.Input(symbolic))
    yield "compile"
    model.compile(optimizer="sgd", loss="categorical_crossentropy")
    size = len(images) // 3
    yield "first step"
    model.fit(images[:size], labels[:size], batch_size=size, verbose=0)
    yield "later"
    model.fit(images, labels, batch_size=size, verbose=0)
    model.evaluate(images, labels, batch_size=size, verbose=0)
    model.predict(images, batch_size=size, verbose=0)
    # Not the whole model: that a class was written without a thought of saving it is another matter.
    model.save_weights("kept.weights.h5")
    again = construct()
    again(keras.Input(symbolic))
    again.load_weights("kept.weights.h5")
