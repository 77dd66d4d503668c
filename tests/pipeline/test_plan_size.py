"""A plan says how many trials it has before it lists them."""

from typing import Any

import pytest

from twinproof.base.errors import UserError
from twinproof.pipeline.forecast import Job, _together
from twinproof.study.params import Params
from twinproof.study.trial import MOST_TRIALS, list_trials


@pytest.mark.parametrize(
    ("probe", "key", "words"),
    [
        ("learning", "replicates", r"learning\.replicates: 100000000 makes [\d,]+ trials"),
        ("timing", "replicates", r"timing\.replicates: 100000000 makes [\d,]+ trials"),
        ("timing", "most", r"timing\.replicates: 16 makes [\d,]+ trials"),
    ],
)
def test_a_study_of_too_many_trials_is_refused_with_their_number(
    params: dict[str, Any], probe: str, key: str, words: str
) -> None:
    section = params[probe] if key in params[probe] else params[probe]["sampling"]
    section[key] = 100_000_000
    with pytest.raises(UserError, match=rf"^{words}, .*allowed: at most 1,000,000 in a study$"):
        list_trials(Params.parse(params))


def test_a_study_of_many_trials_is_planned(params: dict[str, Any]) -> None:
    params["environments"] = {"tf2.21-cpu": {"probes": ["identity"]}}
    params["twins"] = {"simple": params["twins"]["simple"]}
    params["identity"]["replicates"] = MOST_TRIALS
    assert len(list_trials(Params.parse(params))) == MOST_TRIALS
    params["identity"]["replicates"] += 1
    with pytest.raises(UserError, match="makes 1,000,001 trials"):
        list_trials(Params.parse(params))


def test_any_number_of_jobs_may_run_at_a_time() -> None:
    """Searching a list of the busy slots for each job would take minutes."""
    jobs = [Job("run_batch", "", "", (), 1.0, 0.0, False)] * 200_000
    assert _together(jobs, 100_000) == 2.0
