"""A network of attention: 28 rows of 28 -> 2 heads of 14, added to the rows -> norm -> mean row -> 10 softmax."""

from typing import Any

import keras
from keras import layers


def functional() -> keras.Model:
    """A graph in which the rows go two ways, through the attention and past it."""
    images = keras.Input((784,))
    rows = layers.Reshape((28, 28), name="rows")(images)
    attended = layers.MultiHeadAttention(2, key_dim=14, name="attention")(rows, rows)
    x = layers.LayerNormalization(name="norm")(layers.Add(name="residual")([rows, attended]))
    x = layers.GlobalAveragePooling1D(name="pool")(x)
    return keras.Model(images, layers.Dense(10, activation="softmax", name="classifier")(x), name="attentive")


@keras.saving.register_keras_serializable("twinproof")
class Attentive(keras.Model):
    """A class in whose `call` the two ways meet in a plus sign."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rows = layers.Reshape((28, 28), name="rows")
        self.attention = layers.MultiHeadAttention(2, key_dim=14, name="attention")
        self.norm = layers.LayerNormalization(name="norm")
        self.pool = layers.GlobalAveragePooling1D(name="pool")
        self.classifier = layers.Dense(10, activation="softmax", name="classifier")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        rows = self.rows(images)
        x = self.norm(rows + self.attention(rows, rows))
        return self.classifier(self.pool(x))


def subclassed() -> keras.Model:
    """The class, ready to be built."""
    return Attentive(name="attentive")
