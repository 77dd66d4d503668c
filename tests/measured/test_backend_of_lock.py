"""The lock determines the backend of Keras, whatever the user's shell says."""

import os
from pathlib import Path

import pytest

from twinproof.environments.environment import Environment
from twinproof.measured.run_trial import no_home
from twinproof.study.params import read_params
from twinproof.study.protocol import make_protocol
from twinproof.study.settings import Probe

BACKENDS = {"keras3.15-jax-cpu": "jax", "keras3.15-torch": "torch", "tf2.21-cpu": "tensorflow"}


@pytest.mark.parametrize("environment", BACKENDS)
def test_a_trial_runs_on_it_and_its_protocol_says_so(
    environment: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("KERAS_HOME", "HOME", "TF_CPP_MIN_LOG_LEVEL", "TF_FORCE_GPU_ALLOW_GROWTH"):
        monkeypatch.setenv(name, "")  # So that they are restored afterwards.
    monkeypatch.setenv("KERAS_BACKEND", "openvino")
    with no_home(Environment(environment)):
        assert os.environ["KERAS_BACKEND"] == BACKENDS[environment]
    params = (project / "params.yaml").read_text().replace("tf2.21-cpu", environment)
    (project / "params.yaml").write_text(params)
    protocol = make_protocol(read_params(project / "params.yaml"), environment, "simple", Probe.IDENTITY)
    assert protocol["backend"] == BACKENDS[environment]
