"""What the tables say, in words."""

from typing import Any

import pandas as pd

CONTROL = "control"
NOT_JUDGED = "not judged"
# The outcomes of the gate with which the styles of a twin count as one network.
ONE_NETWORK = ("bit-equal", "within tolerance")
# From the best to the worst.
OUTCOMES = [*ONE_NETWORK, "different", "failed"]


def gate(identity: pd.DataFrame) -> str:
    """Return the worst outcome of the given rows of the identity table, or "not measured" if there are none."""
    if identity.empty:
        return "not measured"
    outcomes = identity["outcome"].where(identity["status"] == "ok", "failed").fillna("failed")
    return str(max(outcomes, key=OUTCOMES.index))


def answer(twin: dict[str, Any], accuracy: pd.DataFrame, failures: int, devices: list[str]) -> tuple[str, str]:
    """Judge whether the styles of a twin learn the same: return the verdict and a sentence that tells why.

    The verdict is `equal`, `inconclusive` or `not judged`. `twin` is the twin's row of the table of twins, `accuracy`
    its rows of the table of accuracies, `failures` the number of trainings that failed, `devices` what its trials were
    computed on.
    """
    name, seeds, equal = twin["twin"], twin["seeds"], twin["bit_equal_seeds"]
    if len(devices) > 1:
        where = " and on ".join(devices)
        return NOT_JUDGED, f"{name}: not judged, because its trials were computed on {where}; remove those of one."
    if twin["gate"] == "not measured":
        return NOT_JUDGED, f"{name}: not judged, because its identity was not measured."
    if twin["gate"] == "failed":
        return NOT_JUDGED, f"{name}: not judged, because a style failed when its identity was measured."
    if twin["gate"] == "different":
        return NOT_JUDGED, f"{name}: not judged, because its styles are not one network."
    if twin["control"] not in ONE_NETWORK:
        return NOT_JUDGED, f"{name}: not judged, because functional against itself is {twin['control']}."
    if seeds == 0:
        return NOT_JUDGED, f"{name}: its styles are one network ({twin['gate']}); learning was not measured."
    if failures:
        return "inconclusive", f"{name}: inconclusive, because {failures} of its trainings failed."
    level = accuracy.loc[accuracy["style"] == "functional"].iloc[0]
    reached = f"test accuracy {_percent(level['test_accuracy'])}{_range(level['low'], level['high'])}"
    if equal == seeds:
        return "equal", (
            f"{name}: its styles learn the same, to the last bit of every weight, "
            f"on {seeds} of {seeds} seeds; {reached}."
        )
    others = accuracy[accuracy["style"] != "functional"]
    parts = [
        f"{row['style']} minus functional {100 * row['difference']:+.2f} points"
        f"{_range(row['difference_low'], row['difference_high'], '+.2f')}"
        for row in others.to_dict("records")
    ]
    return "inconclusive", (
        f"{name}: equal to the last bit on {equal} of {seeds} seeds; {', '.join(parts)}; functional {reached}; "
        "inconclusive, because no margin of equivalence is stated yet."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _range(low: float, high: float, form: str = ".2f") -> str:
    """Give an interval of shares in percent, or say that one seed has none."""
    if pd.isna(low):
        return " (one seed: no interval)"
    return f" [{100 * low:{form}}, {100 * high:{form}}]"
