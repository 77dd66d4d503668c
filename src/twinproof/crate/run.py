"""Describes the run of the workflow in a crate: inputs, outputs, time and machines.

The whole study is one run; the record of a trial describes the trial.
"""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from twinproof.crate.entities import Crate, Entity, Study, add_entity, compact, file_of, folder_of

KINDS = {bool: "Boolean", int: "Integer", float: "Float"}
SIF = "https://w3id.org/ro/terms/workflow-run#SIFImage"


def add_run(crate: Crate, workflow: Entity, study: Study) -> None:
    """Add the run of the workflow, with its inputs and outputs: each parameter of the study is an input."""
    below = study.results
    inputs = {
        "images": folder_of(crate, study.data),
        "locks": folder_of(crate, "containers/locks"),
        "params": file_of(crate, f"{below}/params.yaml"),
    }
    for key, value in _leaves(study.params.content()):
        inputs[key] = add_entity(
            crate, f"#value/{quote(key)}", "PropertyValue", name=key, value=value, description="In params.yaml"
        )
    outputs = {
        **{each: folder_of(crate, f"{below}/{each}") for each in ("trials", "tables", "notebooks")},
        "metrics": file_of(crate, f"{below}/metrics.json"),
        "report": file_of(crate, f"{below}/report/index.html"),
    }
    workflow["input"] = [_parameter(crate, f"#input/{quote(name)}", entity) for name, entity in inputs.items()]
    workflow["output"] = [_parameter(crate, f"#output/{name}", entity) for name, entity in outputs.items()]
    crate.root_dataset["mentions"] = _action(crate, workflow, study, [*inputs.values()], [*outputs.values()])


def _leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each parameter with its value, as JSON unless it is a number, a string or a Boolean."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _leaves(inner, f"{key}.{name}" if key else name)
    else:
        yield key, value if isinstance(value, bool | int | float | str) else json.dumps(value)


def _parameter(crate: Crate, identifier: str, entity: Entity) -> Entity:
    """Add the formal parameter whose value an entity is."""
    kind = KINDS.get(type(entity["value"]), "Text") if entity.type == "PropertyValue" else entity.type
    parameter = crate.add_formal_parameter(
        entity["name"], kind, identifier=identifier, description=entity["description"], valueRequired=True
    )
    entity["exampleOfWork"], parameter["workExample"] = parameter, entity
    return parameter


def _action(crate: Crate, workflow: Entity, study: Study, inputs: list[Entity], outputs: list[Entity]) -> Entity:
    records = study.records.values()
    machines = dict.fromkeys(f"{each['processor']} ({each['cores']} cores)" for each in (_["machine"] for _ in records))
    commits = dict.fromkeys(record["commit"] or f"no commit ({record['commit_missing']})" for record in records)
    environments = dict.fromkeys(record["environment"] for record in records)
    properties = {
        "name": "The run of the study",
        "description": f"{len(records)} trials in {', '.join(environments)}, measured at {', '.join(commits)}"
        f" on {', '.join(machines)}",
        "startTime": study.started.isoformat(),
        "endTime": study.ended.isoformat(),
        "actionStatus": "http://schema.org/CompletedActionStatus",
    }
    # A trial that ran in an image has its digest in the record.
    images = dict.fromkeys((each["environment"], each["machine"]["image"]) for each in records)
    used = [_image(crate, environment, digest) for environment, digest in images if digest]
    if used:
        properties["containerImage"] = compact(used)
    return crate.add_action(workflow, "#run", object=inputs, result=outputs, properties=properties)


def _image(crate: Crate, environment: str, digest: str) -> Entity:
    bare = digest.removeprefix("sha256:")
    return add_entity(
        crate, f"#image/{bare}", "ContainerImage", name=environment, sha256=bare, additionalType={"@id": SIF}
    )
