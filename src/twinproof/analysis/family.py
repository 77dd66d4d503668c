"""The comparisons of timing that a study may make; its verdicts are corrected for all of them and for each look."""

from twinproof.analysis.quantities import PARTS
from twinproof.analysis.statistics.ratios import Family
from twinproof.base.styles import Style
from twinproof.study.params import Params
from twinproof.study.settings import Probe
from twinproof.study.trial import list_cells

# Those that are compared with functional.
STYLES = (Style.SEQUENTIAL, Style.SUBCLASSED)


def timed(params: Params) -> list[tuple[str, str]]:
    """Return the environments and twins that are timed."""
    return [(environment, twin) for environment, twin, probe in list_cells(params) if probe == Probe.TIMING]


def family_of(params: Params) -> Family:
    """Return the family of a study, as if every twin had all styles: it is known before anything is measured."""
    judged = set(params.timing.quantities) - set(PARTS)
    return Family(len(timed(params)) * len(STYLES) * len(judged), params.timing.looks)
