"""The findings about twins, in words."""

from dataclasses import dataclass

import pandas as pd

from twinproof.analysis.rows.common import CellRow
from twinproof.analysis.words import LearningVerdict
from twinproof.base.styles import Style
from twinproof.base.words import ONE_NETWORK, Identity

OUTCOMES = list(Identity)


@dataclass(frozen=True, kw_only=True)
class TwinFound(CellRow):
    """The findings about a twin: its gate, its control, and on how many seeds its styles learned the same.

    `seed_alone` is the number of `gate_seeds` with which the styles also end with equal weights if nothing is copied.
    """

    gate: Identity
    control: Identity
    gate_seeds: int
    seed_alone: int
    seeds: int
    bit_equal_seeds: int


@dataclass(frozen=True, kw_only=True)
class TwinRow(TwinFound):
    """The same, with the verdict whether its styles learn the same, and a sentence with the reason."""

    verdict: LearningVerdict
    answer: str


def gate(identity: pd.DataFrame) -> Identity:
    """Return the worst outcome of the given rows of the identity table."""
    if identity.empty:
        return Identity.NOT_MEASURED
    outcomes = identity["outcome"].where(identity["status"] == "ok", Identity.FAILED).fillna(Identity.FAILED)
    return Identity(max(outcomes, key=OUTCOMES.index))


def answer(twin: TwinFound, accuracy: pd.DataFrame, failures: int, devices: list[str]) -> tuple[LearningVerdict, str]:
    """Judge whether the styles of a twin learn the same: return the verdict and a sentence with the reason.

    `accuracy` are the twin's rows of the table of accuracies, `failures` the number of trainings that failed, `devices`
    the devices of its trials.
    """
    if why := _obstacle(twin, devices):
        return LearningVerdict.NOT_JUDGED, f"{twin.twin}: {why}."
    if failures:
        return LearningVerdict.INCONCLUSIVE, f"{twin.twin}: inconclusive, because {failures} of its trainings failed."
    level = accuracy.loc[accuracy["style"] == Style.FUNCTIONAL].iloc[0]
    classifies = not pd.isna(level["test_accuracy"])
    if classifies:
        reached = f"test accuracy {_percent(level['test_accuracy'])}{_range(level['low'], level['high'])}"
    else:
        reached = f"test loss {level['test_loss']:.4g}{_range_of_losses(level['loss_low'], level['loss_high'])}"
    if twin.bit_equal_seeds == twin.seeds:
        return LearningVerdict.EQUAL, (
            f"{twin.twin}: its styles learn the same, to the last bit of every weight, "
            f"on {twin.seeds} of {twin.seeds} seeds; {reached}."
        )
    others = accuracy[accuracy["style"] != Style.FUNCTIONAL]
    parts = [
        f"{row['style']} minus functional {100 * row['difference']:+.2f} points"
        f"{_range(row['difference_low'], row['difference_high'], '+.2f')}"
        if classifies
        else f"test loss of {row['style']} minus functional's {row['loss_difference']:+.2g}"
        f"{_range_of_losses(row['loss_difference_low'], row['loss_difference_high'], '+.2g')}"
        for row in others.to_dict("records")
    ]
    return LearningVerdict.INCONCLUSIVE, (
        f"{twin.twin}: equal to the last bit on {twin.bit_equal_seeds} of {twin.seeds} seeds; {', '.join(parts)}; "
        f"functional {reached}; inconclusive, because no margin of equivalence is stated yet."
    )


def _obstacle(twin: TwinFound, devices: list[str]) -> str:
    """Return why no verdict may be given, or nothing."""
    if len(devices) > 1:
        where = " and on ".join(devices)
        return f"not judged, because its trials were computed on {where}; remove the records of one of them"
    if twin.gate == Identity.NOT_MEASURED:
        return "not judged, because its identity was not measured"
    if twin.gate == Identity.FAILED:
        return "not judged, because a style failed when its identity was measured"
    if twin.gate == Identity.DIFFERENT:
        return "not judged, because its styles are not one network"
    if twin.control not in ONE_NETWORK:
        return f"not judged, because functional against itself is {twin.control}"
    if twin.seeds == 0:
        return f"its styles are one network ({twin.gate}); learning was not measured"
    return ""


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _range(low: float, high: float, form: str = ".2f") -> str:
    """Return an interval of shares in percent, or the remark that one seed has none."""
    if pd.isna(low):
        return " (one seed: no interval)"
    return f" [{100 * low:{form}}, {100 * high:{form}}]"


def _range_of_losses(low: float, high: float, form: str = ".4g") -> str:
    return " (one seed: no interval)" if pd.isna(low) else f" [{low:{form}}, {high:{form}}]"
