"""Links from the page to the records behind its figures."""

from collections import defaultdict
from collections.abc import Iterable

import pandas as pd

# The folder of the results, relative to the page.
FROM_PAGE = ".."

Link = dict[str, str]


class Records:
    """The records of a study, by what they measured.

    Parameters
    ----------
    trials
        The table trials.
    """

    def __init__(self, trials: pd.DataFrame) -> None:
        self._links: dict[tuple[str, str, str], dict[int, Link]] = defaultdict(dict)
        for row in trials.to_dict("records"):
            name = f"{row['probe']} {row['replicate']} of {row['twin']} in {row['environment']}"
            self._links[row["environment"], row["twin"], row["probe"]][int(row["replicate"])] = {
                "text": str(row["replicate"]),
                "name": name,
                "href": f"{FROM_PAGE}/{row['record']}",
            }

    def of(self, environment: str, twin: str, probe: str, replicates: Iterable[int] | None = None) -> list[Link]:
        """Return a link to the record of each replicate, or of the given ones: text, name and address."""
        links = self._links[environment, twin, probe]
        return [links[replicate] for replicate in (links if replicates is None else replicates)]

    def at(self, trials: Iterable[tuple[str, str, int]], probe: str) -> list[Link]:
        """Return the links of single trials, each an environment, a twin and a replicate."""
        return [self._links[environment, twin, probe][replicate] for environment, twin, replicate in trials]
