"""The rules that judge the article's claims from the tables, one function each.

A verdict is inconclusive where what it rests on was not measured, or not judged.
"""

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import pandas as pd

from twinproof.analysis.words import RIGHT, Check, Kept, LearningVerdict, PitfallOutcome, TimingVerdict, Verdict
from twinproof.base.words import ONE_NETWORK, STAGES

# The twins that are the article's own examples.
EXAMPLES = ("simple", "conditional", "dynamic")
# Of the catalogue: what is about layers in lists, and the two examples that are pitfalls as printed.
LIST_PITFALLS = ("nested_list", "list_of_pairs", "list_in_a_checkpoint")
AS_PRINTED = {"example 2": "dropout_made_in_call", "example 3": "layers_attribute"}

Tables = dict[str, pd.DataFrame]


class Judgement(NamedTuple):
    """A verdict, and the figures that led to it."""

    verdict: Verdict
    figures: str


def simplicity(tables: Tables) -> Judgement:
    """Compare the code of the styles: less of everything is simpler."""
    code = tables["code"].set_index(["twin", "style"])
    measures = ["lines", "branches", "names", "definitions"]
    less, more, figures = [], [], []
    for twin in ("simple", "conditional"):
        if not {(twin, "functional"), (twin, "subclassed")} <= set(code.index):
            return Judgement(Verdict.INCONCLUSIVE, f"{twin} is not in the study")
        own, other = (code.loc[(twin, style), measures] for style in ("functional", "subclassed"))
        less.append(bool((own <= other).all() and (own < other).any()))
        more.append(bool((own >= other).all() and (own > other).any()))
        pairs = ", ".join(f"{own[measure]} {measure} against {other[measure]}" for measure in measures)
        figures.append(f"{twin}: functional {pairs} subclassed")
    verdict = Verdict.SUPPORTED if all(less) else Verdict.REFUTED if all(more) else Verdict.MIXED
    return Judgement(verdict, "; ".join(figures))


def reached(twins: tuple[str, ...], by_all: Verdict) -> Callable[[Tables], Judgement]:
    """Return the judge of what is said to take a subclass: is there a functional counterpart in every twin?

    `by_all` is the verdict if there is. That ours is another network, or fails, does not show that there is none.
    """

    def judge(tables: Tables) -> Judgement:
        same, figures = [], []
        for twin in twins:
            rows = tables["twins"][(tables["twins"]["twin"] == twin) & tables["twins"]["control"].isin(ONE_NETWORK)]
            if rows.empty:
                return Judgement(Verdict.INCONCLUSIVE, f"{twin}: its identity was not measured")
            same.append(bool(rows["gate"].isin(ONE_NETWORK).all()))
            gates = ", ".join(f"{row['gate']} in {row['environment']}" for row in rows.to_dict("records"))
            figures.append(f"{twin}: functional against subclassed {gates}")
        verdict = by_all if all(same) else Verdict.MIXED if any(same) else Verdict.INCONCLUSIVE
        return Judgement(verdict, "; ".join(figures))

    return judge


def from_the_shape(tables: Tables) -> Judgement:
    """Whether a class that makes its layers from the input's shape runs."""
    identity = tables["identity"]
    rows = identity[(identity["twin"] == "shaped") & (identity["style"] == "subclassed")]
    if rows.empty:
        return Judgement(Verdict.INCONCLUSIVE, "shaped: its identity was not measured")
    runs = _in_all(rows["status"].eq("ok"), rows)
    figures = f"the class of shaped runs in {', '.join(where for where, ran in runs.items() if ran) or 'none'}"
    verdict = Verdict.SUPPORTED if all(runs.values()) else Verdict.MIXED if any(runs.values()) else Verdict.REFUTED
    counterpart = reached(("shaped",), Verdict.SUPPORTED)(tables)
    return Judgement(verdict, f"{figures} of {', '.join(runs)}; {counterpart.figures}")


def debugging(tables: Tables) -> Judgement:
    """Compare the stages at which planted mistakes are caught."""
    # Of a process that was ended it is not known when the mistake would have been caught.
    faults = _judged(tables, "faults").pipe(lambda rows: rows[rows["ended"].isna()])
    keys = ["environment", "twin", "replicate", "fault"]
    stages = faults.assign(stage=faults["stage"].map(STAGES.index)).pivot(index=keys, columns="style", values="stage")
    if not {"functional", "subclassed"} <= set(stages):
        return Judgement(Verdict.INCONCLUSIVE, "no mistakes were planted in both styles")
    pairs = stages.dropna(subset=["functional", "subclassed"])
    if pairs.empty:
        return Judgement(Verdict.INCONCLUSIVE, "no mistake was planted in both styles of one twin")
    later = int((pairs["subclassed"] > pairs["functional"]).sum())
    earlier = int((pairs["subclassed"] < pairs["functional"]).sum())
    named = faults[faults["names_culprit"].eq(True)].groupby("style").size()
    checks = _judged(tables, "introspection").pipe(lambda rows: rows[rows["when"] == "built"])
    bad = checks[checks["outcome"].isin([Check.FAILS, Check.DIFFERS, Check.CRASHED])].groupby("style").size()
    figures = (
        f"of {len(pairs)} pairs of planted mistakes, in all twins and environments, the subclass shows {later} later "
        f"and {earlier} earlier; the culprit is named {named.get('functional', 0)} times functional and "
        f"{named.get('subclassed', 0)} times subclassed; of checks of a built model, {bad.get('functional', 0)} fail "
        f"or differ functional and {bad.get('subclassed', 0)} subclassed, of {checks['style'].eq('subclassed').sum()}"
    )
    verdict = Verdict.SUPPORTED if later and not earlier else Verdict.REFUTED if not later else Verdict.MIXED
    return Judgement(verdict, figures)


def care(tables: Tables) -> Judgement:
    """Compare what goes right when models are kept and copied."""
    cells = _judged(tables, "serialization")
    pairs = went_right(cells, "functional", "subclassed")
    if pairs.empty:
        return Judgement(Verdict.INCONCLUSIVE, "serialization was not measured in both styles of one twin")
    worse = pairs[pairs["functional"].eq(True) & pairs["subclassed"].eq(False)]
    better = pairs[pairs["functional"].eq(False) & pairs["subclassed"].eq(True)]
    by_twin = ", ".join(f"{twin} {count}" for twin, count in worse.groupby("twin", sort=False).size().items())
    parts = [
        f"of {len(pairs)} operations, each counted by place, twin and environment, {len(worse)} go well functional and "
        f"not with a careful subclass{f' ({by_twin})' if by_twin else ''}, {len(better)} the other way round"
    ]
    naive = went_right(cells, "functional", "naive")
    if not naive.empty:
        lost = int((naive["functional"].eq(True) & naive["naive"].eq(False)).sum())
        parts.append(f"{lost} of {len(naive)} with a naive one")
    silent = cells[cells["outcome"] == Kept.SILENT].groupby("style").size()
    parts.append("silently wrong: " + (", ".join(f"{style} {count}" for style, count in silent.items()) or "none"))
    verdict = Verdict.REFUTED if worse.empty else Verdict.SUPPORTED if better.empty else Verdict.MIXED
    return Judgement(verdict, "; ".join(parts))


def went_right(cells: pd.DataFrame, one: str, other: str) -> pd.DataFrame:
    """Return whether each operation went right in two styles, a column each: of those known of both.

    `cells` are rows of the table serialization. What is not available or timed out is known of none.
    """
    known = cells[cells["style"].isin([one, other]) & ~cells["outcome"].isin([Kept.NOT_AVAILABLE, Kept.TIMED_OUT])]
    keys = ["environment", "twin", "replicate", "operation", "place"]
    right = known.assign(right=known["outcome"].isin(RIGHT)).pivot(index=keys, columns="style", values="right")
    return right.reindex(columns=[one, other]).dropna()


def lists(tables: Tables) -> Judgement:
    """Whether layers in lists train, and are kept."""
    pitfalls = shown(tables)
    rows = pitfalls[pitfalls["pitfall"].isin(LIST_PITFALLS)]
    plain = tables["twins"][tables["twins"]["twin"] == "dynamic"]
    plain = plain[plain["control"].isin(ONE_NETWORK)]
    if rows.empty or plain.empty:
        return Judgement(Verdict.INCONCLUSIVE, "training with a list, or pitfalls of lists, were not measured")
    trains = bool(plain["gate"].isin(ONE_NETWORK).all())
    keeps = not rows["outcome"].ne(PitfallOutcome.AS_EXPECTED).any()
    gates = ", ".join(f"{row['gate']} in {row['environment']}" for row in plain.to_dict("records"))
    found = "; ".join(
        f"{name}: {', '.join(f'{row.outcome} in {row.environment}' for row in some.itertuples())}"
        for name, some in rows.groupby("pitfall", sort=False)
    )
    verdict = Verdict.REFUTED if trains and keeps else Verdict.SUPPORTED if not trains and not keeps else Verdict.MIXED
    return Judgement(verdict, f"training dynamic, whose layers are in a plain list: {gates}; kept: {found}")


def shown(tables: Tables) -> pd.DataFrame:
    """Return the pitfalls that say something of the trap."""
    return tables["pitfalls"][tables["pitfalls"]["outcome"].ne(PitfallOutcome.CONTROL_FAILED)]


def as_printed(tables: Tables) -> Judgement:
    """Whether the article's examples run as they are printed."""
    identity, pitfalls = tables["identity"], shown(tables)
    first = identity[(identity["twin"] == "simple") & (identity["style"] == "sequential")]
    runs = {"example 1": _in_all(first["status"].eq("ok"), first)}
    for example, name in AS_PRINTED.items():
        rows = pitfalls[pitfalls["pitfall"] == name]
        runs[example] = _in_all(rows["outcome"].eq(PitfallOutcome.AS_EXPECTED), rows)
    if missing := [example for example, found in runs.items() if not found]:
        return Judgement(Verdict.INCONCLUSIVE, f"not measured: {', '.join(missing)}")
    figures = "; ".join(
        f"{example} runs in {', '.join(where for where, ran in found.items() if ran) or 'none'} of {', '.join(found)}"
        for example, found in runs.items()
    )
    if all(all(found.values()) for found in runs.values()):
        return Judgement(Verdict.SUPPORTED, figures)
    return Judgement(Verdict.MIXED if all(any(found.values()) for found in runs.values()) else Verdict.REFUTED, figures)


def _in_all(true: pd.Series, rows: pd.DataFrame) -> dict[str, bool]:
    """Return for each environment whether something is true of all its rows."""
    return {str(environment): bool(found.all()) for environment, found in true.groupby(rows["environment"])}


def no_difference(tables: Tables) -> Judgement:
    """Whether accuracies and times differ between styles."""
    judged = tables["twins"][tables["twins"]["verdict"].ne(LearningVerdict.NOT_JUDGED)]
    timing = tables["timing"]
    timing = timing[(timing["unit"] == "seconds") & (timing["verdict"] != TimingVerdict.PART)]
    if judged.empty or timing.empty:
        return Judgement(Verdict.INCONCLUSIVE, "accuracy and speed were not both measured and judged")
    equal, speed = int(judged["verdict"].eq(LearningVerdict.EQUAL).sum()), Counter(timing["verdict"])
    apart = int((tables["accuracy"]["difference_low"].gt(0) | tables["accuracy"]["difference_high"].lt(0)).sum())
    figures = (
        f"accuracy: {equal} of {len(judged)} pairs of twin and environment equal to the last bit, {apart} intervals of "
        f"the difference without 0; time: {', '.join(f'{count} {verdict}' for verdict, count in speed.most_common())}"
    )
    if speed[TimingVerdict.SLOWER] or speed[TimingVerdict.FASTER]:
        return Judgement(Verdict.REFUTED if apart else Verdict.MIXED, figures)
    if apart:
        return Judgement(Verdict.MIXED, figures)
    if equal == len(judged) and speed[TimingVerdict.EQUIVALENT] == len(timing):
        return Judgement(Verdict.SUPPORTED, figures)
    return Judgement(Verdict.INCONCLUSIVE, figures)


def _judged(tables: Tables, name: str) -> pd.DataFrame:
    """Return the rows of a table that concern the article's twins where these are one network: the gate."""
    twins = tables["twins"]
    passed = twins[twins["gate"].isin(ONE_NETWORK) & twins["twin"].isin(EXAMPLES)]
    return tables[name].merge(passed[["environment", "twin"]].drop_duplicates(), on=["environment", "twin"])
