"""The protocol of a trial: everything that its result may depend on, apart from the machine.

These are its parameters, and the digests of the code, the data and the lock. Every record contains the
protocol that it was made under, and only a record under the current protocol counts.
"""

import hashlib
import json
from typing import Any, TypedDict

from twinproof.environments.environment import Environment
from twinproof.study.code import code_of, named_files, require_no_shadow
from twinproof.study.dataset import read_checksums
from twinproof.study.params import Params, plain
from twinproof.study.settings import Probe
from twinproof.study.trial import list_writers


class TwinProtocol(TypedDict):
    """The module of a twin, and the arguments of its functions."""

    name: str
    module: str
    arguments: dict[str, Any]


class DataProtocol(TypedDict):
    """The images that are used, by the SHA-256 of their files, and how many of them are for validation."""

    validation: int
    sha256: dict[str, str]


class Protocol(TypedDict, total=False):
    """What the results of one twin under one probe in one environment may depend on, apart from the machine.

    `backend` is that of Keras, which the lock decides. Only environments that need a GPU have `without_gpu`, only twins
    that read files have `files`, and only the probe `exchange` has `written_with`. `code` and `files` map paths to
    SHA-256.
    """

    environment: str
    backend: str
    without_gpu: str
    written_with: dict[str, str]
    files: dict[str, str]
    twin: TwinProtocol
    probe: dict[str, Any]
    data: DataProtocol
    study_seed: int
    lock: str
    code: dict[str, str]


# How many processes are measured does not change what one of them measures.
HOW_MANY = ("replicates", "sampling")


def make_protocol(params: Params, environment: str, twin: str, probe: Probe) -> Protocol:
    """Return what the results of one twin under one probe in one environment may depend on, apart from the machine.

    Raises
    ------
    UserError
        If the environment has no lock, the twin lacks its module or a file that it lists, or the data no checksums, and
        as `require_no_shadow`.
    """
    require_no_shadow(environment)
    network, place = params.twins[twin], Environment(environment)
    asked = plain(params.settings_of(twin, probe))
    settings = {name: value for name, value in asked.items() if name not in HOW_MANY}
    protocol: Protocol = {
        "environment": environment,
        "backend": place.backend(),
        "twin": {"name": twin, "module": network.module, "arguments": dict(network.arguments)},
        "probe": {"name": str(probe), **settings},
        "data": {"validation": params.data.validation, "sha256": read_checksums(params.data.checksums)},
        "study_seed": params.seed,
        "lock": place.lock_digest(),
        "code": code_of(twin, network.module, probe),
    }
    if place.wants_gpu():
        # Records that fell back to the CPU do not count in a study that does not allow that.
        protocol["without_gpu"] = params.environments[environment].without_gpu
    if network.files:
        protocol["files"] = named_files(twin, network.files)
    if probe == Probe.EXCHANGE:
        protocol["written_with"] = {name: Environment(name).lock_digest() for name in list_writers(params, twin)}
    return protocol


def digest(content: Any) -> str:
    """Return a short digest of a protocol: the name of the folder of records that were made under it."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
