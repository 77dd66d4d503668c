"""What the catalogue of pitfalls says about claims: layers in lists, and the article's examples as printed."""

from collections.abc import Mapping

import pandas as pd

from twinproof.analysis.verdicts.places import in_all, where
from twinproof.analysis.verdicts.weighing import SCALE, Judgement, Part, Speaks, Tables, by_all, weigh
from twinproof.analysis.words import PitfallOutcome
from twinproof.base.styles import Style
from twinproof.base.words import ONE_NETWORK

# Every pitfall of the catalogue about layers in a list, or in the attribute in which Keras lists them: those in which
# such layers are trained, and those in which they are saved and loaded. A test compares this list with the titles.
TRAINED_LISTS = ("layers_attribute", "grown_once_built")
KEPT_LISTS = ("nested_list", "list_of_pairs", "list_in_a_checkpoint", "private_layers_attribute")
# The two examples that are pitfalls as printed.
AS_PRINTED = {"example 2": "dropout_made_in_call", "example 3": "layers_attribute"}


def shown(tables: Tables) -> pd.DataFrame:
    """Return the pitfalls that show something about the trap."""
    silent = [PitfallOutcome.CONTROL_FAILED, PitfallOutcome.NOT_AVAILABLE]
    return tables["pitfalls"][~tables["pitfalls"]["outcome"].isin(silent)]


def lists(tables: Tables) -> Judgement:
    """Whether layers in lists need care in training and in saving: one part each."""
    twins = tables["twins"]
    plain = twins[(twins["twin"] == "dynamic") & twins["control"].isin(ONE_NETWORK)]
    trained = {f"a plain list in {row['environment']}": row["gate"] in ONE_NETWORK for row in plain.to_dict("records")}
    pitfalls = _well(tables, TRAINED_LISTS)
    return weigh(
        _care("trained", {**trained, **pitfalls} if trained and pitfalls else {}),
        _care("kept", _well(tables, KEPT_LISTS)),
    )


def as_printed(tables: Tables) -> Judgement:
    """Whether the article's examples run as printed: one that runs nowhere refutes it, because all are said to run."""
    identity = tables["identity"]
    first = identity[(identity["twin"] == "simple") & (identity["style"] == Style.SEQUENTIAL)]
    runs = {"example 1": in_all(first["status"].eq("ok"), first)}
    rows = shown(tables)
    for example, name in AS_PRINTED.items():
        own = rows[rows["pitfall"] == name]
        runs[example] = in_all(own["outcome"].eq(PitfallOutcome.AS_EXPECTED), own)
    if missing := [example for example, found in runs.items() if not found]:
        return weigh(Part(Speaks.NOT_MEASURED, f"not measured: {', '.join(missing)}"))
    figures = "; ".join(f"{example} runs in {where(found)}" for example, found in runs.items())
    worst = min((by_all(found.values()) for found in runs.values()), key=SCALE.index)
    return weigh(Part(worst, figures))


def _well(tables: Tables, names: tuple[str, ...]) -> dict[str, bool]:
    """Return for each of these pitfalls in each environment whether it ends as expected."""
    rows = shown(tables)
    return {
        f"{row['pitfall']} in {row['environment']}": row["outcome"] == PitfallOutcome.AS_EXPECTED
        for row in rows[rows["pitfall"].isin(names)].to_dict("records")
    }


def _care(done: str, well: Mapping[str, bool]) -> Part:
    """Weigh the part that lists need care: each failure supports it."""
    ill = [name for name, right in well.items() if not right]
    figures = f"{len(well) - len(ill)} of {len(well)} lists are {done} as expected"
    return Part(by_all([not right for right in well.values()]), f"{figures}; not {', '.join(ill)}" if ill else figures)
