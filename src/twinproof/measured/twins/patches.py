"""A small vision transformer: 784 -> 16 patches of 49 pixels -> blocks of attention and two dense layers -> 10 softmax.

Source: Dosovitskiy and others, An image is worth 16x16 words, 2021; here without a token for the class: the mean of the
patches is classified.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers


@keras.saving.register_keras_serializable("twinproof")
class Positions(layers.Layer):
    """Adds a learned position to each patch."""

    def build(self, input_shape: Any) -> None:
        """Make the positions for patches of this shape."""
        self.places = self.add_weight(shape=tuple(input_shape[1:]), initializer="random_normal", name="places")
        super().build(input_shape)

    def call(self, patches: Any) -> Any:
        """Return the patches, each with its position."""
        return patches + self.places


def functional(width: int = 32, depth: int = 2) -> keras.Model:
    """A graph whose blocks a loop draws; `width` is that of a patch, `depth` the number of blocks."""
    images = keras.Input((784,))
    x = layers.Permute((1, 3, 2, 4), name="squares")(layers.Reshape((4, 7, 4, 7), name="sides")(images))
    x = layers.Dense(width, name="embedding")(layers.Reshape((16, 49), name="patches")(x))
    x = Positions(name="positions")(x)
    for index in range(depth):
        normed = layers.LayerNormalization(name=f"attention_norm_{index}")(x)
        attention = layers.MultiHeadAttention(2, key_dim=width // 2, dropout=0.1, name=f"attention_{index}")
        x = layers.Add(name=f"attention_sum_{index}")([x, attention(normed, normed)])
        hidden = layers.LayerNormalization(name=f"dense_norm_{index}")(x)
        hidden = layers.Dense(2 * width, activation="gelu", name=f"widen_{index}")(hidden)
        hidden = layers.Dropout(0.1, name=f"dropout_{index}")(layers.Dense(width, name=f"narrow_{index}")(hidden))
        x = layers.Add(name=f"dense_sum_{index}")([x, hidden])
    x = layers.GlobalAveragePooling1D(name="pool")(layers.LayerNormalization(name="norm")(x))
    return keras.Model(images, layers.Dense(10, activation="softmax", name="classifier")(x), name="patches")


@keras.saving.register_keras_serializable("twinproof")
class Block(layers.Layer):
    """A block of a transformer: attention, then two dense layers, each of a normalized input and added to it."""

    def __init__(self, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width = width
        self.attention_norm = layers.LayerNormalization(name="attention_norm")
        self.attention = layers.MultiHeadAttention(2, key_dim=width // 2, dropout=0.1, name="attention")
        self.dense_norm = layers.LayerNormalization(name="dense_norm")
        self.widen = layers.Dense(2 * width, activation="gelu", name="widen")
        self.narrow = layers.Dense(width, name="narrow")
        self.dropout = layers.Dropout(0.1, name="dropout")

    def call(self, patches: Any, training: bool | None = None) -> Any:
        """Return the patches, each combined with the others."""
        normed = self.attention_norm(patches)
        x = patches + self.attention(normed, normed, training=training)
        return x + self.dropout(self.narrow(self.widen(self.dense_norm(x))), training=training)

    def get_config(self) -> dict[str, Any]:
        """Return the config, from which this layer can be made again."""
        return {**super().get_config(), "width": self.width}


@keras.saving.register_keras_serializable("twinproof")
class Patches(keras.Model):
    """A class that holds its blocks in a list."""

    def __init__(self, width: int = 32, depth: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width, self.depth = width, depth
        self.sides = layers.Reshape((4, 7, 4, 7), name="sides")
        self.squares = layers.Permute((1, 3, 2, 4), name="squares")
        self.patches = layers.Reshape((16, 49), name="patches")
        self.embedding = layers.Dense(width, name="embedding")
        self.positions = Positions(name="positions")
        self.blocks = [Block(width, name=f"block_{index}") for index in range(depth)]
        self.norm = layers.LayerNormalization(name="norm")
        self.pool = layers.GlobalAveragePooling1D(name="pool")
        self.classifier = layers.Dense(10, activation="softmax", name="classifier")
        self(keras.Input((784,)))

    def build(self, input_shape: Any) -> None:
        """Build the layers for images of this shape."""
        self.call(keras.Input(input_shape[1:]))
        super().build(input_shape)

    def call(self, images: Any, training: bool | None = None) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        patches = self.patches(self.squares(self.sides(images)))
        x = self.positions(self.embedding(patches))
        for block in self.blocks:
            x = block(x, training=training)
        return self.classifier(self.pool(self.norm(x)))

    def get_config(self) -> dict[str, Any]:
        """Return the config, from which this model can be made again."""
        return {**super().get_config(), "width": self.width, "depth": self.depth}


def subclassed(width: int = 32, depth: int = 2) -> keras.Model:
    """The class, which has built itself."""
    return Patches(width, depth, name="patches")
