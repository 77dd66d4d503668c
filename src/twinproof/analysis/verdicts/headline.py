"""The answer in three lines: which style to write, for what a reader cares about.

Each line is made of what does not change from run to run: digests, outcomes and compiled graphs. A time changes a word
only if every network agrees on it.
"""

from collections.abc import Iterator
from typing import NamedTuple

from twinproof.analysis.verdicts.graphs import NOT_SHOWN, judge_graphs
from twinproof.analysis.verdicts.rules import went_right
from twinproof.analysis.verdicts.weighing import POINTS, Speaks, Tables, by_size
from twinproof.analysis.words import RIGHT, Advice, Kept, TimingVerdict
from twinproof.base.numbers import counted
from twinproof.base.styles import Style
from twinproof.base.words import ONE_NETWORK, GraphOutcome, Identity

WITHOUT_CODE = "fresh process, no code"
# The style to advise if differences support that subclassing is worse, or contradict it; and the other style.
_FOR = {Speaks.FOR: Advice.FUNCTIONAL, Speaks.AGAINST: Advice.SUBCLASSED}
_OTHER = {Advice.FUNCTIONAL: Advice.SUBCLASSED, Advice.SUBCLASSED: Advice.FUNCTIONAL}
# What a user waits for most.
_WAITED_FOR = ("first_result", "train_step", "predict")


class Line(NamedTuple):
    """A line of the headline: what it is about, which style to write for that, why, and the tables behind it."""

    topic: str
    word: Advice
    reason: str
    evidence: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The line as it is read."""
        return f"{self.topic}: {self.word}. {self.reason}"


def split(sentence: str) -> tuple[str, str]:
    """Return what a line advises, and the reason for it."""
    advice, stop, reason = sentence.partition(". ")
    return f"{advice}{stop.strip()}", reason


def headline(tables: Tables) -> Iterator[Line]:
    """Yield the lines; a line without evidence is left out."""
    for make in (_keeping, _learning, _speed):
        if line := make(tables):
            yield line


def _keeping(tables: Tables) -> Line | None:
    cells = tables["serialization"]
    pairs = went_right(cells, Style.FUNCTIONAL, Style.SUBCLASSED)
    if pairs.empty:
        return None
    lost = pairs[Style.FUNCTIONAL].astype(int) - pairs[Style.SUBCLASSED].astype(int)
    word = _FOR.get(by_size(lost.mean(), POINTS), Advice.EITHER)
    never, _ = without_code(tables)
    if never and word == Advice.FUNCTIONAL:
        # The measured models have only layers of Keras; a layer of one's own needs its code in either style.
        reason = f"{loads(never)} it without your code if its layers are Keras's own, and never a subclass."
    else:
        fewer, more = sorted((int(lost.eq(1).sum()), int(lost.eq(-1).sum())))
        by = _OTHER.get(word, "one style")
        reason = f"Of {counted(len(pairs), 'operation')}, {more} fail only {by}, {fewer} only the other way round."
    return Line("To save and share a model", word, reason, ("serialization",))


def without_code(tables: Tables) -> tuple[list[str], list[str]]:
    """Split the formats that load every functional model without its code.

    Returns those that load no subclass, and those that load every subclass.
    """
    cells = tables["serialization"]
    elsewhere = cells[(cells["place"] == WITHOUT_CODE) & (cells["outcome"] != Kept.NOT_AVAILABLE)]
    right: dict[str, dict[str, set[bool]]] = {}
    for row in elsewhere.to_dict("records"):
        right.setdefault(row["operation"], {}).setdefault(row["style"], set()).add(row["outcome"] in RIGHT)
    always = {
        name: styles.get(Style.SUBCLASSED) for name, styles in right.items() if styles.get(Style.FUNCTIONAL) == {True}
    }
    return [name for name, found in always.items() if found == {False}], [
        name for name, found in always.items() if found == {True}
    ]


def _learning(tables: Tables) -> Line | None:
    twins, accuracy = tables["twins"], tables["accuracy"]
    shown = twins[twins["gate"].isin(ONE_NETWORK) & twins["control"].isin(ONE_NETWORK)]
    if shown.empty:
        return None
    apart = any(
        bool((accuracy[f"{prefix}low"].gt(0) | accuracy[f"{prefix}high"].lt(0)).any())
        for prefix in ("difference_", "loss_difference_")
    )
    equal = int(shown["gate"].eq(Identity.BIT_EQUAL).sum())
    some = "all" if equal == len(shown) else f"{equal} of"
    others = "" if equal == len(shown) else ", the others within rounding"
    where = f"{some} {len(shown)} pairs of network and Keras version"
    reason = f"From the same weights, {where} train identically, bit for bit{others}."
    return Line(
        "For what it learns", Advice.DEPENDS if apart else Advice.EITHER, reason, ("twins", "identity", "accuracy")
    )


def _speed(tables: Tables) -> Line | None:
    known = (GraphOutcome.NOT_AVAILABLE, NOT_SHOWN)
    found = [
        one for one in judge_graphs(tables["graphs"]) if one.style == Style.SUBCLASSED and one.outcome not in known
    ]
    if not found:
        return None
    same = sum(one.same for one in found)
    word = _faster(tables) if 2 * same > len(found) else Advice.DEPENDS
    reason = f"{share(same, len(found))} compiled functions run the same operations."
    return Line("For speed once compiled", word, reason, ("graphs", "timing"))


def _faster(tables: Tables) -> Advice:
    """Return the style that is faster in a quantity that users wait for, in every network, else that either will do."""
    timing = tables["timing"]
    rows = timing[timing["style"].eq(Style.SUBCLASSED) & timing["quantity"].isin(_WAITED_FOR)]
    agreed = {kinds.iloc[0] for _, kinds in rows.groupby("quantity")["verdict"] if kinds.nunique() == 1}
    faster = {
        style
        for verdict, style in ((TimingVerdict.SLOWER, Advice.FUNCTIONAL), (TimingVerdict.FASTER, Advice.SUBCLASSED))
        if verdict in agreed
    }
    return Advice.DEPENDS if len(faster) > 1 else next(iter(faster), Advice.EITHER)


def share(count: int, total: int) -> str:
    """Return a count of a total at the beginning of a sentence."""
    return f"All {total}" if count == total else f"{count} of {total}"


def loads(formats: list[str]) -> str:
    """Return formats as the subject of a sentence, with its verb."""
    return f"{listed(formats)} {'loads' if len(formats) == 1 else 'load'}"


def listed(parts: list[str]) -> str:
    """Return parts as an English list."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
