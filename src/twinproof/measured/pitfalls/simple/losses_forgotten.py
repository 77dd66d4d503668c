"""A custom train_step that leaves out the losses of the layers.

A regularizer adds a loss to the model. The step must add it to the total.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from twinproof.measured.pitfalls import Program, Seen
from twinproof.measured.pitfalls.usual import COMPILED

TITLE = "A custom train_step that leaves out the losses of the layers"
STYLE = "subclassed"
EXPECTED = "A regularizer changes what is learned."
REFERENCES = (
    "https://github.com/tensorflow/tensorflow/issues/33418",
    "https://github.com/srihari-humbarwadi/person_segmentation_tf2.0/issues/5",
)


class Forgetting(keras.Model):
    """Trains by the cross-entropy alone."""

    def train_step(self, data: Any) -> Any:
        """Train on one batch of images and labels and return the loss."""
        images, labels = data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(keras.losses.categorical_crossentropy(labels, self(images, training=True)))
            loss += self.added()
        variables = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        return {"cross_entropy": loss}

    def added(self) -> Any:
        """Return what is added to the cross-entropy."""
        return 0.0


class Remembering(Forgetting):
    """Adds the losses of the layers."""

    def added(self) -> Any:
        """Return what is added to the cross-entropy."""
        return tf.add_n(self.losses) if self.losses else 0.0


class Subclassed(Forgetting):
    """The network as a class."""

    def __init__(self, regularizer: Any) -> None:
        super().__init__()
        self.hidden = layers.Dense(128, activation="relu", kernel_regularizer=regularizer)
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.hidden(images))


class SubclassedRemembering(Remembering, Subclassed):
    """The same with the losses of its layers."""


def program(images: Any, labels: Any) -> Program:
    """Train with and without a regularizer, predict."""
    return trained(Subclassed, images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a step that adds the losses."""
    return trained(SubclassedRemembering, images, labels)


def trained(make: Callable[[Any], keras.Model], images: Any, labels: Any) -> Program:
    """Train a step with and without a regularizer, from the same weights, and compare what is predicted."""
    yield "construct"
    models = [make(regularizer) for regularizer in (None, keras.regularizers.L2(0.1))]
    yield "build"
    for model in models:
        model(images)
    models[1].set_weights(models[0].get_weights())
    yield "train"
    found = []
    for model in models:
        model.compile(**COMPILED | {"optimizer": keras.optimizers.SGD(0.1)})
        model.fit(images, labels, batch_size=len(images), verbose=0)
        found.append(model.predict_on_batch(images))
    apart = float(np.abs(found[0] - found[1]).max())
    return Seen(apart > 0, f"with and without the regularizer, outputs differ by up to {apart:.2g}")
