"""Prints what is found about pairs of small models, one network or not, and about what ends a proof."""

import contextlib
import io
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

import twinproof
from twinproof.base.errors import UserError
from twinproof.proof.apart import Request
from twinproof.proof.command import Forms, run_here
from twinproof.proof.preparing import Wishes, prepare_first
from twinproof.proof.proving import Proving
from twinproof.proof.side import Side
from twinproof.proof.stored import StoredReference, write_reference

KERAS_2 = keras.__version__.startswith("2.")
Build = Callable[[], keras.Model]


class Block(keras.Model):
    """A dense network as a class."""

    def __init__(self, activation: str = "relu", epsilon: float = 1e-3, momentum: float = 0.9) -> None:
        super().__init__()
        # Not in the order in which they run.
        self.out = layers.Dense(3)
        self.norm = layers.BatchNormalization(epsilon=epsilon, momentum=momentum)
        self.drop = layers.Dropout(0.3)
        self.hidden = layers.Dense(6, activation=activation)

    def call(self, inputs: Any, training: bool = False) -> Any:
        x = self.norm(self.hidden(inputs), training=training)
        return self.out(self.drop(x, training=training))


def dense(
    activation: str = "relu",
    epsilon: float = 1e-3,
    momentum: float = 0.9,
    rate: float = 0.3,
    frozen: bool = False,
    penalty: Any = None,
    initializer: Any = "glorot_uniform",
    names: tuple[str, str, str, str] = ("a", "b", "c", "d"),
    **compiled: Any,
) -> keras.Model:
    hidden, norm, drop, out = names
    inputs = keras.Input((4,))
    regularizer = keras.regularizers.L2(penalty) if isinstance(penalty, float) else penalty
    x = layers.Dense(
        6, activation=activation, kernel_regularizer=regularizer, kernel_initializer=initializer, name=hidden
    )(inputs)
    x = layers.BatchNormalization(epsilon=epsilon, momentum=momentum, name=norm)(x)
    x = layers.Dropout(rate, name=drop)(x)
    model = keras.Model(inputs, layers.Dense(3, name=out)(x))
    model.get_layer(hidden).trainable = not frozen
    if compiled:
        model.compile(**compiled)
    return model


def compiled(rate: float = 1e-3, from_logits: bool = True) -> keras.Model:
    loss = keras.losses.CategoricalCrossentropy(from_logits=from_logits)
    return dense(optimizer=keras.optimizers.Adam(rate), loss=loss)


def residual(add: bool = True) -> keras.Model:
    inputs = keras.Input((5,))
    x = layers.Dense(5, activation="tanh", name="up")(inputs)
    y = layers.Dense(5, activation="tanh", name="inner")(x)
    return keras.Model(inputs, layers.Dense(2, name="out")(layers.Add()([x, y]) if add else y))


def two(swapped: bool = False) -> keras.Model:
    inner = [layers.Dense(5, activation="tanh", name="first"), layers.Dense(5, activation="relu", name="second")]
    return keras.Sequential([keras.Input((5,)), *(reversed(inner) if swapped else inner), layers.Dense(2)])


class Adds(keras.Model):
    """Adds to the loss, or does not."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.out, self.factor = layers.Dense(2), factor

    def call(self, inputs: Any) -> Any:
        x = self.out(inputs)
        if self.factor:
            self.add_loss(self.factor * (x[0, 0] ** 2))
        return x


def masked(mask: bool = True) -> keras.Model:
    inputs = keras.Input((7,), dtype="int32")
    x = layers.Embedding(9, 4, mask_zero=mask, name="table")(inputs)
    return keras.Model(inputs, layers.Dense(2, name="out")(layers.SimpleRNN(3, name="rnn")(x)))


def ids(dtype: str = "float32") -> keras.Model:
    inputs = keras.Input((6,), dtype=dtype)
    return keras.Model(inputs, layers.Dense(2)(layers.Flatten()(layers.Embedding(5, 3)(inputs))))


class Named(keras.Model):
    """Takes a dict."""

    def __init__(self) -> None:
        super().__init__()
        self.right, self.left, self.out = layers.Dense(4), layers.Dense(4), layers.Dense(1)

    def call(self, inputs: Any) -> Any:
        return self.out(self.left(inputs["left"]) * self.right(inputs["right"]))


def named() -> keras.Model:
    inputs = {"right": keras.Input((3,), name="right"), "left": keras.Input((2,), name="left")}
    x = layers.Multiply()([layers.Dense(4)(inputs["left"]), layers.Dense(4)(inputs["right"])])
    return keras.Model(inputs, layers.Dense(1)(x))


class Unseeded(keras.layers.Layer):
    """Draws numbers that no seed determines."""

    def call(self, inputs: Any) -> Any:
        return inputs * float(np.random.default_rng().normal())


def unseeded() -> keras.Model:
    return keras.Sequential([keras.Input((4,)), layers.Dense(2), Unseeded()])


def not_a_number() -> keras.Model:
    inputs = keras.Input((4,))
    return keras.Model(inputs, layers.Rescaling(float("nan"))(layers.Dense(2)(inputs)))


def convolution(nested: bool = False) -> keras.Model:
    inputs = keras.Input((8, 8, 2))
    body = [layers.Conv2D(3, 3, activation="relu"), layers.BatchNormalization(), layers.GlobalAveragePooling2D()]
    x = inputs
    if nested:
        x = keras.Sequential(body, name="body")(x)
    else:
        for layer in body:
            x = layer(x)
    return keras.Model(inputs, layers.Dense(2, activation="softmax")(x))


def twins() -> keras.Model:
    """Two layers that differ only in their place in the sum."""
    inputs = keras.Input((4,))
    left, right = (layers.Dense(3, name=name)(inputs) for name in ("left", "right"))
    return keras.Model(inputs, layers.Subtract()([left, right]))


def mirrored() -> keras.Model:
    inputs = keras.Input((4,))
    left, right = (layers.Dense(3, name=name)(inputs) for name in ("right", "left"))
    return keras.Model(inputs, layers.Subtract()([left, right]))


def product(exchanged: bool = False) -> keras.Model:
    inputs = keras.Input((4,))
    x, y = layers.Dense(3, activation="tanh", name="one")(inputs), layers.Dense(3, name="other")(inputs)
    return keras.Model(inputs, keras.ops.multiply(y, x) if exchanged else keras.ops.multiply(x, y))


def rewritten() -> keras.Model:
    """The network of `two`, with one activation replaced by an operation that computes the same."""
    inputs = keras.Input((5,))
    x = keras.ops.maximum(layers.Dense(5)(layers.Dense(5, activation="tanh")(inputs)), 0.0)
    return keras.Model(inputs, layers.Dense(2)(x))


def started(bias: float = 0.0) -> keras.Model:
    """A network whose builder sets an initial value."""
    model = keras.Sequential([keras.Input((4,)), layers.Dense(6), layers.Dense(3, activation="sigmoid")])
    model.layers[-1].bias.assign([bias] * 3)
    return model


def labelled(**options: Any) -> keras.Model:
    """A network whose loss has an argument that generated data do not show."""
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, activation="softmax")])
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(**options))
    return model


def far(delta: float) -> keras.Model:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    model.compile(loss=keras.losses.Huber(delta=delta))
    return model


def unit(guarded: bool) -> keras.Model:
    inputs = keras.Input((4,))
    length = keras.ops.sqrt(keras.ops.sum(keras.ops.square(inputs), axis=-1, keepdims=True))
    return keras.Model(inputs, layers.Dense(2)(inputs / (keras.ops.maximum(length, 1e-6) if guarded else length)))


def bytes_added(cast_first: bool) -> keras.Model:
    inputs = keras.Input((4, 2), dtype="uint8")
    one, other = inputs[..., 0], inputs[..., 1]
    if cast_first:
        one, other = keras.ops.cast(one, "float32"), keras.ops.cast(other, "float32")
    return keras.Model(inputs, layers.Dense(2)(keras.ops.cast(one + other, "float32")))


def looked_up(size: int) -> keras.Model:
    """A network that looks up integers in a table of its own."""
    inputs, table = keras.Input((4,), dtype="int32"), keras.ops.convert_to_tensor(np.arange(size, dtype="float32"))
    return keras.Model(inputs, layers.Dense(2)(keras.ops.take(table, inputs)))


def window(size: int) -> keras.Model:
    """A network that sees only the last items of a sequence."""
    inputs = keras.Input((None, 2))
    return keras.Model(inputs, layers.Dense(1)(keras.ops.sum(inputs[:, -size:], axis=1)))


def decayed(*without: str) -> keras.Model:
    model = dense()
    optimizer = keras.optimizers.AdamW(1e-5, weight_decay=0.01)
    optimizer.exclude_from_weight_decay(var_names=list(without))
    model.compile(optimizer=optimizer, loss="mse")
    return model


class OwnStep(keras.Model):
    """Trains with the step that Keras's guide shows, by an optimizer of its own."""

    own: Any = None

    def train_step(self, data: Any) -> dict[str, Any]:
        import tensorflow as tf

        x, y = data
        with tf.GradientTape() as tape:
            loss = keras.ops.mean(keras.ops.square(y - self(x, training=True)))
        gradients = tape.gradient(loss, self.trainable_variables)
        (self.own or self.optimizer).apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        return {"loss": loss}


def averaged(kind: type) -> keras.Model:
    """A network whose optimizer replaces the weights by their averages at the end of `fit`."""
    inputs = keras.Input((4,))
    model = kind(inputs, layers.Dense(3)(inputs))
    model.compile(optimizer=keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.9), loss="mse")
    return model


def own_optimizer(momentum: float) -> keras.Model:
    inputs = keras.Input((4,))
    model = OwnStep(inputs, layers.Dense(3)(inputs))
    model.own = keras.optimizers.SGD(1e-9, momentum=momentum)
    model.compile(loss="mse")
    return model


def reporting(leaves_out_zeros: bool) -> keras.Model:
    """A network with a metric that may leave out targets of 0."""

    def error(targets: Any, outputs: Any) -> Any:
        size = keras.ops.abs(targets - outputs)
        return keras.ops.where(targets == 0, 0.0, size) if leaves_out_zeros else size

    model = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
    model.compile(loss="mse", metrics=[error])
    return model


def in_one_step_between() -> str:
    """Return the sentence about models that differ only in what they report for one step of six."""
    data = [(np.ones((8, 4), "float32"), np.full((8, 1), float(step != 3), "float32")) for step in range(6)]
    proof = twinproof.prove(lambda: reporting(False), lambda: reporting(True), data=data, steps=6)
    return str(proof.sentence)


def typed(last: str, factor: float = 1.0, inner: str = "float32") -> keras.Model:
    """A network with a low precision inside, and layers without variables."""
    inputs = keras.Input((4,))
    x = layers.Dense(6, dtype="mixed_bfloat16")(inputs)
    x = layers.Rescaling(factor, dtype="float32")(layers.Activation("tanh", dtype=inner)(x))
    return keras.Model(inputs, layers.Activation("softmax", dtype=last)(x))


EQUAL: dict[str, tuple[Build, Build]] = {
    "itself": (dense, dense),
    "a class": (dense, Block),
    "the class first": (Block, dense),
    "other names": (dense, lambda: dense(names=("d", "c", "b", "a"))),
    "compiled alike": (compiled, compiled),
    "nested": (convolution, lambda: convolution(nested=True)),
    "a dict of inputs": (named, Named),
    "ids as floats": (ids, ids),
    "a mask": (masked, masked),
    "added losses": (lambda: Adds(0.5), lambda: Adds(0.5)),
    "names the other way round": (twins, mirrored),
    "a constant of zero": (
        lambda: dense(initializer="zeros"),
        lambda: dense(initializer=keras.initializers.Constant(0.0)),
    ),
    "a rounded number": (dense, lambda: dense(epsilon=float(np.float32(1e-3)))),
    "a penalty of both kinds": (
        lambda: dense(penalty=keras.regularizers.L2(0.5)),
        lambda: dense(penalty=keras.regularizers.L1L2(0.0, 0.5)),
    ),
}
DIFFERENT: dict[str, tuple[Build, Build]] = {
    "activation": (dense, lambda: dense(activation="tanh")),
    "epsilon": (dense, lambda: Block(epsilon=1e-5)),
    "momentum": (dense, lambda: dense(momentum=0.99)),
    "dropout rate": (dense, lambda: dense(rate=0.4)),
    "frozen layer": (dense, lambda: dense(frozen=True)),
    "regularizer": (dense, lambda: dense(penalty=1e-3)),
    "initializer": (dense, lambda: dense(initializer="he_normal")),
    "swapped layers": (two, lambda: two(swapped=True)),
    "residual": (residual, lambda: residual(add=False)),
    "optimizer": (compiled, lambda: compiled(rate=2e-3)),
    "from_logits": (compiled, lambda: compiled(from_logits=False)),
    "added loss": (lambda: Adds(0.5), lambda: Adds(0.0)),
    "mask": (masked, lambda: masked(mask=False)),
    "input shape": (lambda: ids("int32"), dense),
    "output shape": (dense, lambda: keras.Sequential([keras.Input((4,)), layers.Dense(2)])),
    "initial value": (lambda: started(-4.6), started),
    "ignored class": (lambda: labelled(ignore_class=255), labelled),
    "argument of a loss": (lambda: far(10.0), lambda: far(50.0)),
    "inputs of zero": (lambda: unit(guarded=True), lambda: unit(guarded=False)),
    "bytes": (lambda: bytes_added(cast_first=True), lambda: bytes_added(cast_first=False)),
    "long sequences": (lambda: window(32), lambda: window(64)),
    "weight decay": (decayed, lambda: decayed("bias")),
    "own optimizer": (lambda: own_optimizer(0.0), lambda: own_optimizer(0.9)),
    "output type": (lambda: typed("float32"), lambda: typed("bfloat16")),
    "type inside": (lambda: typed("float32"), lambda: typed("float32", inner="bfloat16")),
    "factor": (lambda: typed("float32"), lambda: typed("float32", factor=1.02)),
}
UNKNOWN: dict[str, tuple[Build, Build]] = {
    "unrepeatable": (unseeded, unseeded),
    "not a number": (not_a_number, not_a_number),
    "nothing known": (Block, Block),
}
# The oldest Keras is tested only where it may differ from the newest.
OLDEST = ("a class", "nested", "ids as floats", "epsilon", "momentum", "frozen layer", "mask", *UNKNOWN)
# Differences that show without training; the others run one step, and one of them three.
NO_STEPS = {
    "activation", "epsilon", "initializer", "residual", "swapped layers", "mask", "ids as floats",
    "names the other way round", "a dict of inputs", "itself", "the class first", "other names", "a mask",
    "regularizer", "nested", "unrepeatable", "not a number", "input shape",
    "output shape", "a constant of zero", "a rounded number", "a penalty of both kinds", "initial value",
    "inputs of zero", "bytes", "long sequences", "output type", "type inside", "factor",
}  # fmt: skip
STEPS = {"a class": 3, "averaged weights": 3}
INPUTS = {"added losses": "4", "added loss": "4"}

MODULE = """
import keras
from keras import layers


def old():
    return keras.Sequential([keras.Input((4,)), layers.Dense(3, activation="relu", name="one")])


def new():
    return keras.Sequential([keras.Input((4,)), layers.Dense(3, activation="selu", name="two")])


def late():
    model = old()
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")
    return model


def later():
    model = old()
    model.compile(optimizer=keras.optimizers.SGD(0.2), loss="mse")
    return model


def fails():
    return keras.Sequential([layers.Dense(units=undefined)])


def nothing():
    old()
"""


STYLES = """
import keras
from keras import layers


def made(style, activation="relu"):
    return keras.Sequential([keras.Input((4,)), layers.Dense(3, activation=activation, name=style)])


def functional():
    return made("functional")


def sequential():
    return made("sequential")


def subclassed():
    return made("subclassed", "selu")
"""


def prove(name: str, pair: tuple[Build, Build]) -> dict[str, Any]:
    begin = time.process_time()
    try:
        steps = STEPS.get(name, int(name not in NO_STEPS))
        found = twinproof.prove(*pair, steps=steps, inputs=INPUTS.get(name)).as_json()
    except Exception as error:  # The test of this pair reports a crash.
        found = {"crash": repr(error)}
    print(f"{name}: {time.process_time() - begin:.2f} s", file=sys.stderr)
    return found


def commands(folder: Path) -> dict[str, Any]:
    """Return the exit status and output of the command on files."""
    (folder / "models.py").write_text(MODULE)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, activation="relu", name="one")])
    model.save(folder / "saved.h5" if KERAS_2 else folder / "saved.keras")

    (folder / "styles.py").write_text(STYLES)

    def run(*models: str, inputs: str | None = None, **forms: Any) -> dict[str, Any]:
        names = [f"models.py:{name}" if "." not in name else name for name in models]
        request = Request((names[0], names[-1]), None, inputs, None, None, 1, None, {}, 0, two_environments=False)
        out, err = io.StringIO(), io.StringIO()
        with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = run_here(names, request, Forms(**forms))
            except UserError as error:
                status, out = 2, io.StringIO(f"error: {error}")
        return {"status": status, "printed": out.getvalue(), "errors": err.getvalue()}

    def script(name: str) -> str:
        """Run, without twinproof, the script that `--reproducer` wrote."""
        text = (folder / name).read_text()
        assert "twinproof" not in text
        said = io.StringIO()
        with contextlib.chdir(folder), contextlib.redirect_stdout(said):
            exec(compile(text, name, "exec"), {"__name__": "__main__"})  # noqa: S102
        return said.getvalue()

    found = {
        "different": run("old", "new", html=folder / "page.html", reproducer=folder / "layers.py"),
        "trained": run("late", "later", reproducer=folder / "models_differ.py"),
        "json": run("old", "old", as_json=True),
        "no difference": run("old", "old", reproducer=folder / "none.py"),
        "raises": run("old", "fails"),
        "nothing": run("old", "nothing"),
        "no such function": run("old", "nwe"),
        "no such file": run("old", "missing.py:build"),
        "saved": run("saved.h5" if KERAS_2 else "saved.keras", "old"),
        "styles": run("styles.py"),
    }
    return found | {
        "page": (folder / "page.html").read_text(),
        "layers script": script("layers.py"),
        "models script": script("models_differ.py"),
        "none": (folder / "none.py").exists(),
    }


def weights_of_a_model_at_hand() -> dict[str, Any]:
    model, other = dense(), Block()
    model.compile(optimizer="adam", loss="mse")
    model.fit(np.ones((4, 4)), np.ones((4, 3)), verbose=0)
    before = [np.array(value) for value in model.get_weights()]
    proof = twinproof.prove(model, other, steps=1)
    return {
        "verdict": proof.verdict,
        "back": all(np.array_equal(*pair) for pair in zip(before, model.get_weights(), strict=True)),
        "not compared": proof.not_compared,
    }


def hints() -> dict[str, Any]:
    """Return the effect of hints: right ones, wrong ones, and ones that name nothing."""
    right = {"left/kernel": "right/kernel", "right/kernel": "left/kernel"}
    wrong = {"left/kernel": "left/kernel", "right/kernel": "right/kernel"}
    found: dict[str, Any] = {}
    for name, hinted in (("right", right), ("wrong", wrong), ("unknown", {"left/kernel": "nowhere/kernel"})):
        try:
            found[name] = str(twinproof.prove(twins, mirrored, steps=0, map=hinted).sentence)
        except UserError as error:
            found[name] = f"error: {error}"
    return found


def written_down() -> str:
    """Return the proof of a first model that differs from itself and was stored by another process."""
    wishes = Wishes(steps=0)
    with tempfile.TemporaryDirectory() as folder:
        write_reference(prepare_first(Side("first", unseeded()), None, wishes), Path(folder))
        return Proving(StoredReference(Path(folder)), Side("second", unseeded()), wishes, False).proof().sentence


def main() -> None:
    facts: dict[str, Any] = {}
    for kind, pairs in (("equal", EQUAL), ("different", DIFFERENT), ("unknown", UNKNOWN)):
        facts[kind] = {name: prove(name, pair) for name, pair in pairs.items() if not KERAS_2 or name in OLDEST}
    if not KERAS_2:
        facts["rewritten"] = prove("rewritten", (two, rewritten))
        facts["exchanged"] = prove("exchanged", (product, lambda: product(exchanged=True)))
        facts["between"] = in_one_step_between()
        facts["left out"] = twinproof.prove(lambda: looked_up(1000), lambda: looked_up(20), steps=0).notes
        facts["averaged"] = prove("averaged weights", (lambda: averaged(OwnStep), lambda: averaged(keras.Model)))
    facts["object"] = weights_of_a_model_at_hand()
    facts["hints"] = hints()
    facts["written down"] = written_down()
    with tempfile.TemporaryDirectory() as folder:
        facts["commands"] = commands(Path(folder))
    print(f"in all {time.process_time():.1f} s", file=sys.stderr)
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
