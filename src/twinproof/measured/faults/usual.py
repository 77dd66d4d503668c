"""What is usually done with a model, stage by stage: the mistake is in what it is done with."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from twinproof.measured.faults import Program

if TYPE_CHECKING:
    import keras


def use(build: "Callable[[], keras.Model]", images: Any, labels: Any) -> Program:
    """Construct, compile and train a model, and whatever comes after."""
    yield "construct"
    model = build()
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
    again = build()
    again(images)
    again.load_weights("kept.weights.h5")
