"""The rules that compare the styles: code, mistakes, saving and copying, accuracy and speed."""

from collections import Counter

import pandas as pd

from twinproof.analysis.verdicts.code_size import code_sizes, less_code, told
from twinproof.analysis.verdicts.weighing import POINTS, Judgement, Part, Speaks, Tables, by_all, by_size, weigh
from twinproof.analysis.words import RIGHT, Catch, Check, Kept, LearningVerdict, TimingVerdict
from twinproof.base.numbers import counted
from twinproof.base.styles import Style
from twinproof.base.words import ONE_NETWORK, STAGES

# The twins that are the article's own examples.
EXAMPLES = ("simple", "conditional", "dynamic")
DECIDED = (TimingVerdict.EQUIVALENT, TimingVerdict.FASTER, TimingVerdict.SLOWER)


def simplicity(tables: Tables) -> Judgement:
    """Compare the code of the standard architectures, each as a part: notably less is simpler."""
    parts = []
    for twin in ("simple", "conditional"):
        if sizes := code_sizes(tables["code"], twin):
            parts.append(Part(less_code(*sizes), f"{twin}: {told(*sizes)}"))
        else:
            parts.append(Part(Speaks.NOT_MEASURED, f"{twin} is not in the study"))
    return weigh(*parts)


def debugging(tables: Tables) -> Judgement:
    """Compare how planted mistakes are reported, and the checks of a built model, each as a part, by mechanism."""
    return weigh(*_mistakes(tables), _checks(tables))


def _mistakes(tables: Tables) -> list[Part]:
    """Weigh the part that a subclass reports fewer mistakes, and later, and names the culprit less often."""
    # It is not known when a stopped process would have reported the mistake.
    faults = _judged(tables, "faults").pipe(lambda rows: rows[rows["ended"].isna()])
    kinds = _by_kind(
        faults.assign(
            caught=faults["caught"].ne(Catch.SILENCE).astype(int),
            stage=faults["stage"].map(STAGES.index),
            named=faults["names_culprit"].eq(True).astype(int),
        ),
        "fault",
        ["caught", "stage", "named"],
    )
    if kinds is None:
        return [Part(Speaks.NOT_MEASURED, "no mistake was planted in both styles of one twin")]
    functional, subclassed = kinds
    later = int((subclassed["stage"] > functional["stage"]).sum())
    earlier = int((subclassed["stage"] < functional["stage"]).sum())
    own = faults.loc[faults["about_style"].eq(True), "mechanism"].nunique()
    return [
        Part(
            by_size((functional["caught"] - subclassed["caught"]).mean(), POINTS),
            f"{len(functional)} kinds of planted mistakes, {own} of them about the style: with an error or "
            f"a warning, functional reports {_share(functional['caught'])}, subclassed {_share(subclassed['caught'])}",
        ),
        Part(
            by_size((later - earlier) / len(functional), POINTS),
            f"the subclass reports {counted(later, 'kind')} later and {earlier} earlier",
        ),
        Part(
            by_size((functional["named"] - subclassed["named"]).mean(), POINTS),
            f"functional names the culprit of {_share(functional['named'])}, subclassed of "
            f"{_share(subclassed['named'])}",
        ),
    ]


def _checks(tables: Tables) -> Part:
    """Weigh the part that checks of a built subclass are correct less often."""
    checks = _judged(tables, "introspection").pipe(lambda rows: rows[rows["when"] == "built"])
    checks = checks[checks["outcome"].isin([Check.WORKS, Check.FAILS, Check.DIFFERS, Check.CRASHED])]
    kinds = _by_kind(checks.assign(right=checks["outcome"].eq(Check.WORKS).astype(int)), "check", ["right"])
    if kinds is None:
        return Part(Speaks.NOT_MEASURED, "no built model of both styles was checked")
    functional, subclassed = (values["right"] for values in kinds)
    wrong = [str(name) for name, share in subclassed.items() if share < 1]
    return Part(
        by_size((functional - subclassed).mean(), POINTS),
        f"of {len(functional)} kinds of checks of a built model, functional gets {_share(functional)} right, "
        f"subclassed {_share(subclassed)}" + (f" (not, or not always: {', '.join(wrong)})" if wrong else ""),
    )


def _by_kind(rows: pd.DataFrame, tried: str, values: list[str]) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """Return the mean values of each mechanism in functional and in subclassed, over everything that both styles have.

    `tried` is the column that identifies the rows; None is returned if the styles have no row in common.
    """
    keys = ["mechanism", "environment", "twin", "replicate", tried]
    functional, subclassed = (
        rows[rows["style"] == style].set_index(keys)[values] for style in (Style.FUNCTIONAL, Style.SUBCLASSED)
    )
    both = functional.index.intersection(subclassed.index)
    if both.empty:
        return None
    return functional.loc[both].groupby("mechanism").mean(), subclassed.loc[both].groupby("mechanism").mean()


def _share(values: pd.Series) -> str:
    return f"{100 * values.mean():.0f} %"


def care(tables: Tables) -> Judgement:
    """Compare how often saving and copying succeeds: in total, and with layers made dynamically."""
    cells = _judged(tables, "serialization")
    pairs = went_right(cells, Style.FUNCTIONAL, Style.SUBCLASSED)
    if pairs.empty:
        return weigh(Part(Speaks.NOT_MEASURED, "serialization was not measured in both styles of one twin"))
    lost = pairs[Style.FUNCTIONAL].astype(int) - pairs[Style.SUBCLASSED].astype(int)
    worse, better = int(lost.eq(1).sum()), int(lost.eq(-1).sum())
    figures = (
        f"of {len(pairs)} operations, each counted by place, twin and environment, {worse} succeed with functional and "
        f"not with a careful subclass, {better} the other way round"
    )
    naive = went_right(cells, Style.FUNCTIONAL, Style.NAIVE)
    if not naive.empty:
        careless = int((naive[Style.FUNCTIONAL].eq(True) & naive[Style.NAIVE].eq(False)).sum())
        figures += f"; {careless} of {len(naive)} with a naive one"
    silent = cells[cells["outcome"] == Kept.SILENT].groupby("style").size()
    figures += "; silently wrong: " + (", ".join(f"{style} {count}" for style, count in silent.items()) or "none")
    return weigh(Part(by_size(lost.mean(), POINTS), figures), _dynamic(lost))


def _dynamic(lost: pd.Series) -> Part:
    """Weigh the part that a subclass with layers made dynamically loses more than others."""
    by_twin = lost.groupby("twin", sort=False).mean()
    shares = ", ".join(f"{twin} {100 * share:.0f} %" for twin, share in by_twin.items())
    others = by_twin.drop("dynamic", errors="ignore")
    if "dynamic" not in by_twin or others.empty:
        return Part(Speaks.NOT_MEASURED, "it was not measured both with and without layers made dynamically")
    figures = f"what a careful subclass loses, by twin: {shares}"
    return Part(by_size(by_twin["dynamic"] - others.mean(), POINTS), figures)


def went_right(cells: pd.DataFrame, one: str, other: str) -> pd.DataFrame:
    """Return whether each operation succeeded in two styles, one column each, if both outcomes are known.

    `cells` are rows of the table serialization. The outcome is unknown if it is not available or timed out.
    """
    known = cells[cells["style"].isin([one, other]) & ~cells["outcome"].isin([Kept.NOT_AVAILABLE, Kept.TIMED_OUT])]
    keys = ["environment", "twin", "replicate", "operation", "place"]
    right = known.assign(right=known["outcome"].isin(RIGHT)).pivot(index=keys, columns="style", values="right")
    return right.reindex(columns=[one, other]).dropna()


def no_difference(tables: Tables) -> Judgement:
    """Whether accuracies and times differ between styles: one part each."""
    return weigh(_accuracy(tables), _speed(tables))


def _accuracy(tables: Tables) -> Part:
    twins, accuracy = tables["twins"], tables["accuracy"]
    judged = twins[twins["verdict"].ne(LearningVerdict.NOT_JUDGED)]
    equal = int(judged["verdict"].eq(LearningVerdict.EQUAL).sum())
    compared = accuracy.dropna(subset=["difference_low", "difference_high"])
    apart = compared["difference_low"].gt(0) | compared["difference_high"].lt(0)
    figures = (
        f"accuracy: {equal} of {len(judged)} pairs of twin and environment equal to the last bit, {int(apart.sum())} "
        f"of {len(compared)} intervals of the difference without 0"
    )
    if judged.empty:
        return Part(Speaks.NOT_MEASURED, "accuracy was not measured, or not judged")
    if equal == len(judged):
        return Part(Speaks.FOR, figures)
    return Part(by_all(list(~apart)), figures)


def _speed(tables: Tables) -> Part:
    timing = tables["timing"]
    verdicts = Counter(timing.loc[timing["unit"].eq("seconds") & timing["verdict"].ne(TimingVerdict.PART), "verdict"])
    figures = f"time: {', '.join(f'{count} {verdict}' for verdict, count in verdicts.most_common())}"
    decided = [verdict == TimingVerdict.EQUIVALENT for verdict in DECIDED for _ in range(verdicts[verdict])]
    # If most verdicts are undecided, nothing is known.
    if 2 * len(decided) <= verdicts.total():
        return Part(Speaks.NOT_MEASURED, figures if verdicts else "time was not measured")
    return Part(by_all(decided), figures)


def _judged(tables: Tables, name: str) -> pd.DataFrame:
    """Return the rows of a table about the article's twins that are one network (the gate)."""
    twins = tables["twins"]
    passed = twins[twins["gate"].isin(ONE_NETWORK) & twins["twin"].isin(EXAMPLES)]
    return tables[name].merge(passed[["environment", "twin"]].drop_duplicates(), on=["environment", "twin"])
