"""The least that the networks need: the same training in NumPy alone, without a framework."""

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twinproof.study.examples import Dataset
    from twinproof.study.settings import LearningSettings

RATE, BETA_1, BETA_2, EPSILON = 1e-3, 0.9, 0.999, 1e-7


class Network:
    """Dense layers with relu, then softmax. Weights are views of one flat array, so that Adam is a few calls."""

    def __init__(self, sizes: list[int], generator: np.random.Generator) -> None:
        shapes = [shape for pair in pairwise(sizes) for shape in (pair, pair[1:])]
        ends = np.cumsum([np.prod(shape) for shape in shapes])
        self.flat, self.gradient, self._mean, self._square, self._work = np.zeros((5, ends[-1]), np.float32)
        self._step = 0
        self._weights, self._gradients = (
            [part.reshape(shape) for part, shape in zip(np.split(flat, ends[:-1]), shapes, strict=True)]
            for flat in (self.flat, self.gradient)
        )
        for kernel in self._weights[::2]:
            kernel[:] = generator.uniform(-1, 1, kernel.shape) * np.sqrt(6 / sum(kernel.shape))

    def forward(self, images: "NDArray[np.float32]") -> "list[NDArray[np.float32]]":
        """Return the images and the outputs of each layer; the last are probabilities, shape (n, classes)."""
        outputs = [images]
        for kernel, bias in zip(self._weights[::2], self._weights[1::2], strict=True):
            x = outputs[-1] @ kernel
            x += bias
            if kernel is not self._weights[-2]:
                np.maximum(x, 0, out=x)
            outputs.append(x)
        x -= x.max(axis=1, keepdims=True)
        np.exp(x, out=x)
        x /= x.sum(axis=1, keepdims=True)
        return outputs

    def train(self, images: "NDArray[np.float32]", labels: "NDArray[np.int64]") -> None:
        """Take one step of Adam on the mean cross-entropy of a batch."""
        outputs = self.forward(images)
        delta = outputs.pop()
        delta[np.arange(len(labels)), labels] -= 1
        delta /= len(labels)
        for index in reversed(range(0, len(self._weights), 2)):
            inputs = outputs.pop()
            np.matmul(inputs.T, delta, out=self._gradients[index])
            np.sum(delta, axis=0, out=self._gradients[index + 1])
            if outputs:
                delta = delta @ self._weights[index].T
                delta *= inputs > 0
        self._adam()

    def accuracy(self, images: "NDArray[np.float32]", labels: "NDArray[np.int64]") -> float:
        """Return the share of the images that are classified correctly."""
        return float(np.mean(self.forward(images)[-1].argmax(axis=1) == labels))

    def _adam(self) -> None:
        """Move the weights as `keras.optimizers.Adam.update_step` does."""
        self._step += 1
        rate = RATE * np.sqrt(1 - BETA_2**self._step) / (1 - BETA_1**self._step)
        work = self._work
        np.subtract(self.gradient, self._mean, out=work)
        work *= 1 - BETA_1
        self._mean += work
        np.square(self.gradient, out=work)
        work -= self._square
        work *= 1 - BETA_2
        self._square += work
        np.sqrt(self._square, out=work)
        work += EPSILON
        np.divide(self._mean, work, out=work)
        work *= np.float32(rate)
        self.flat -= work


def learn(data: "Dataset", hidden: list[int], seed: int, settings: "LearningSettings") -> float:
    """Train as the learning probe does, validation included, and return the accuracy on the test images."""
    generator = np.random.default_rng(seed)
    images, labels = data.train
    network = Network([images.shape[1], *hidden, data.classes], generator)
    for _ in range(settings.epochs):
        order = generator.permutation(len(labels))
        for start in range(0, len(order), settings.batch_size):
            rows = order[start : start + settings.batch_size]
            network.train(images[rows], labels[rows])
        network.accuracy(*data.validation)
    return network.accuracy(*data.test)
