"""Prints what the timing probe finds about participants whose costs are known."""

import json
import time
from dataclasses import replace
from functools import partial
from typing import Any
from unittest import mock

import keras
import numpy as np
import styles
import tensorflow as tf

from twinproof.measured.probes import timing
from twinproof.measured.probes.memory import peaks
from twinproof.measured.twins import Twin
from twinproof.study.settings import ByKind, Sampling, TimingSettings

QUANTITIES = [*timing.BEGUN, "train_step", "cold_predict", "predict", "predict_one", "call", "compiled_call"]
SETTINGS = TimingSettings(
    replicates=1,
    threads=1,
    quantities=(*QUANTITIES, "save", "load"),
    generations=2,
    rounds=ByKind(8, 6),
    batch_size=16,
    added=ByKind(0.5, 0.5),
    busy=1.0,
    sampling=Sampling(4, 24, ByKind(0.03, 0.075)),
)


class NeverSaved(styles.Backwards):
    """A subclass that cannot be saved."""

    def get_config(self) -> dict[str, Any]:
        raise NotImplementedError("no config")


class Slow(keras.callbacks.Callback):
    """Makes each training step longer, and the work before and after the steps much longer."""

    def on_train_begin(self, logs: Any = None) -> None:
        time.sleep(0.5)

    def on_train_end(self, logs: Any = None) -> None:
        time.sleep(0.5)

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        time.sleep(0.05)


@keras.saving.register_keras_serializable("timing")
class SlowlyTrained(styles.Backwards):
    """Waits 50 ms in each step of training, and half a second before and after them."""

    def fit(self, *arguments: Any, callbacks: Any = (), **named: Any) -> Any:
        return super().fit(*arguments, callbacks=[Slow(), *callbacks], **named)


def slowly_made() -> keras.Model:
    time.sleep(0.2)
    return styles.functional()


READY: list[keras.Model] = []


def ready() -> keras.Model:
    """Return a model too quickly for any clock."""
    if not READY:
        READY.append(styles.functional())
    return READY[0]


# Seconds that the positive control's known cost adds to the operation.
KNOWN = 0.03


class KnownCost(timing._KnownCost):
    """The known cost plus a wait, which noise cannot shorten."""

    def do(self, quantity: str) -> None:
        super().do(quantity)
        time.sleep(KNOWN)


# Names of styles are arbitrary here, so one contest answers many questions.
PARTICIPANTS = {
    "functional": styles.functional,
    "subclassed": partial(styles.Backwards, name="small"),
    "slowly made": slowly_made,
    "slowly trained": partial(SlowlyTrained, name="small"),
    "never saved": partial(NeverSaved, name="small"),
    "raises": styles.raises,
    "ready": ready,
}


def measure(participants: dict[str, Any], **settings: Any) -> dict[str, Any]:
    twin = Twin("small", participants)
    outcome = timing.run(twin, styles.dataset(), 7, replace(SETTINGS, **settings))
    return outcome._asdict()


def takes(size: int, beside: int = 0) -> float:
    """Return the peak of an action that takes and frees `size` bytes."""
    return peaks(lambda: np.ones(size, "uint8").sum(), beside)["peak_memory"]


def takes_on_device(size: int, beside: int = 0) -> float:
    """Return the same for device memory, with a simulated allocator: 16 MiB are already in use."""
    held = {"current": 2**24, "peak": 2**24}

    def take(count: int) -> None:
        held["peak"] = max(held["peak"], held["current"] + count)

    def keep(count: int) -> None:
        take(4 * count)
        held["current"] += 4 * count

    device = tf.config.LogicalDevice("/device:CPU:0", "GPU")
    memory = {"get_memory_info": lambda name: held, "reset_memory_stats": lambda name: None}
    with (
        mock.patch("twinproof.measured.backend.has_gpu", return_value=True),
        mock.patch("tensorflow.config.list_logical_devices", return_value=[device]),
        mock.patch.multiple("tensorflow.config.experimental", **memory),
        mock.patch("tensorflow.zeros", side_effect=keep),
    ):
        return peaks(lambda: take(size), 0, beside)["device_memory"]


def main() -> None:
    some = {name: PARTICIPANTS[name] for name in ("functional", "subclassed")}
    with mock.patch.object(timing, "_KnownCost", KnownCost):
        found = measure(PARTICIPANTS)
    facts = {
        "all": found,
        "known": {quantity: KNOWN / timing.REPEATS.get(quantity, 1) for quantity in [*QUANTITIES, "save", "load"]},
        "load alone": measure(some, quantities=["load"]),
        "peaks of 64 MiB": {
            "alone": takes(2**26),
            "half as much beside": takes(2**26, 2**25),
            "alone again": takes(2**26),
        },
        "peaks of 64 MiB on a device": {
            "alone": takes_on_device(2**26),
            "half as much beside": takes_on_device(2**26, 2**25),
        },
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
