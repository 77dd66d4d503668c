"""The article's examples, run verbatim from a copy beside the repository, end as the catalogue says."""

import json
from collections.abc import Callable

import pytest

from tests.conftest import ENVIRONMENTS, REPOSITORY, Completed

ARTICLE = REPOSITORY.parent / "shared/notes/document-original.txt"
# What tests/e2e/test_outcomes.py finds for examples 1, 2 and 3 of the catalogue.
ENDS = {
    ENVIRONMENTS[0]: ["runs", "ValueError", "AttributeError"],
    ENVIRONMENTS[1]: ["runs", "ValueError", "AttributeError"],
    ENVIRONMENTS[2]: ["runs", "runs", "AttributeError"],
}


@pytest.mark.skipif(not ARTICLE.exists(), reason=f"there is no {ARTICLE.name} beside the repository")
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_each_example_ends_as_the_catalogue_says(
    run_in_environment: Callable[..., Completed], environment: str
) -> None:
    done = run_in_environment("-m", "as_printed_facts", ARTICLE, environment=environment)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == ENDS[environment]
