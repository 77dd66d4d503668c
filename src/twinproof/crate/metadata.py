"""Describes a research crate as an RO-Crate: what its files are, and the run that made them.

The profile is Workflow Run Crate 0.5, and with it Process Run Crate 0.5, Workflow RO-Crate 1.0 and RO-Crate 1.1.
"""

import hashlib
import importlib.metadata
import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from twinproof.crate.citation import Author
from twinproof.crate.entities import Crate, Entity, Study, add_entity, compact, folder_of
from twinproof.crate.run import add_run
from twinproof.environments.backends import titles_of
from twinproof.study.record import Record

METADATA = "ro-crate-metadata.json"
WORKFLOW = "Snakefile"
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
TERMS = "https://w3id.org/ro/terms/workflow-run/context"
BIOSCHEMAS = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
SPDX = "https://spdx.org/licenses/"
HOLDS = "This crate is a run of the study: workflow, environments, images, records, tables, notebooks and report."
# The images shipped with twinproof; the licence of other images is unknown.
MNIST = "data/mnist"
MNIST_LICENCE = "CC-BY-SA-3.0"

# By suffix; the format of any other file is derived from its content.
FORMATS = {
    ".csv": "text/csv", ".gz": "application/gzip", ".html": "text/html", ".ipynb": "application/x-ipynb+json",
    ".json": "application/json", ".md": "text/markdown", ".py": "text/x-python", ".rst": "text/x-rst",
    ".toml": "application/toml", ".yaml": "application/yaml",
}  # fmt: skip


def describe(study: Study, contents: Mapping[str, bytes]) -> str:
    """Return the metadata of a crate with these files, in JSON-LD."""
    from rocrate.rocrate import ROCrate  # type: ignore[import-untyped]

    crate = ROCrate(version="1.1")
    crate.metadata.extra_contexts.append(TERMS)
    citation, root = study.citation, crate.root_dataset
    root["name"], root["description"], root["keywords"] = (
        citation.title,
        f"{citation.abstract} {HOLDS}",
        citation.keywords,
    )
    root["author"] = compact([_author(crate, author, number) for number, author in enumerate(citation.authors, 1)])
    root["license"] = compact([_licence(crate, name) for name in citation.licences])
    root["datePublished"] = study.ended.isoformat()
    root["conformsTo"] = [
        add_entity(crate, address, "CreativeWork", name=name, version=address.rpartition("/")[2])
        for address, name in PROFILES.items()
    ]
    _add_files(crate, study, contents)
    add_run(crate, _add_workflow(crate, study, contents[WORKFLOW]), study)
    return json.dumps(crate.metadata.generate(), indent=1, ensure_ascii=False) + "\n"


def _author(crate: Crate, author: Author, number: int) -> Entity:
    identifier, kind = author.address or f"#author-{number}", "Person" if author.person else "Organization"
    entity = add_entity(crate, identifier, kind, name=author.name)
    if author.address:
        entity["url"] = author.address
    if author.affiliation:
        entity["affiliation"] = add_entity(crate, f"#affiliation-{number}", "Organization", name=author.affiliation)
    return entity


def _licence(crate: Crate, name: str) -> Entity:
    return add_entity(crate, SPDX + name, "CreativeWork", name=name, description=f"The licence that SPDX calls {name}")


def _add_workflow(crate: Crate, study: Study, content: bytes) -> Entity:
    """Add the workflow and its language."""
    details: dict[str, Any] = {
        **_facts(WORKFLOW, content),
        **{key: crate.root_dataset[key] for key in ("name", "author", "license")},
        "version": study.citation.version,
        "conformsTo": {"@id": BIOSCHEMAS},
        "hasPart": [folder_of(crate, folder) for folder in ("workflow", "src", "containers")],
    }
    if study.citation.address:
        details["url"] = study.citation.address
    version = importlib.metadata.version("snakemake")
    return crate.add_workflow(dest_path=WORKFLOW, properties=details, main=True, lang="snakemake", lang_version=version)


def _add_files(crate: Crate, study: Study, contents: Mapping[str, bytes]) -> None:
    """Add every file except the workflow, and the described folders with their contents."""
    parts: dict[str, list[Entity]] = {}
    for folder, properties in sorted(_folders(crate, study).items()):
        entity = crate.add_dataset(dest_path=folder, properties=properties)
        if above := _innermost(folder, parts):
            parts[above].append(entity)
        parts[folder] = []
    notes = _notes(crate, study)
    for name, content in contents.items():
        if name == WORKFLOW:
            continue
        above, properties = _innermost(name, parts), _facts(name, content) | notes.get(name, {})
        if above == study.data:
            properties["license"] = folder_of(crate, above)["license"]
        entity = crate.add_file(dest_path=name, properties=properties)
        if above:
            parts[above].append(entity)
    for folder, inside in parts.items():
        folder_of(crate, folder)["hasPart"] = compact(inside)


def _folders(crate: Crate, study: Study) -> dict[str, dict[str, Any]]:
    images: dict[str, Any] = {
        "name": "Images",
        "description": "The images for training and testing",
        "license": "Not known to twinproof: ask who published the images",
    }
    if study.data == MNIST:
        images = {
            "name": "MNIST",
            "description": "The MNIST database of handwritten digits, by Yann LeCun and Corinna Cortes",
            "license": _licence(crate, MNIST_LICENCE),
        }
    descriptions = {
        "containers": ("Containers", "The recipe of the images, and the scripts that build them"),
        "containers/locks": ("Environments", "The packages of each environment, with their versions and digests"),
        "docs": ("Guides", "How to run the study and what its results contain: tables.md, records.md"),
        "src": ("Source", "The code that measures, analyses and reports"),
        "workflow": ("Workflow", "Rules, profiles, notebooks, schemas, and the packages of the workflow"),
        f"{study.results}/made": ("Marks", "Empty files: each says that the file of the same name is complete"),
        f"{study.results}/notebooks": ("Notebooks", "The notebooks with their outputs, and a page of each"),
        f"{study.results}/protocols": ("Protocols", "What a trial's result may depend on, except the machine"),
        f"{study.results}/tables": ("Tables", "Tidy tables made from the records; described in docs/tables.md"),
        f"{study.results}/trials": ("Records", "One for each trial; described in docs/records.md"),
    }
    return {study.data: images} | {
        folder: {"name": name, "description": description} for folder, (name, description) in descriptions.items()
    }


def _notes(crate: Crate, study: Study) -> dict[str, dict[str, Any]]:
    """Return properties of the files whose name and folder do not describe them."""
    notes: dict[str, dict[str, Any]] = {"README.md": {"about": crate.root_dataset}}
    for file, name, description in [
        ("metrics.json", "Metrics", "Accuracies and identity of each twin, for programs"),
        ("params.yaml", "Parameters", "The parameters of the study"),
        ("report/index.html", "Report", "The answer, on a page that opens offline"),
        ("version.json", "Version", "What the report was made from, and the digest of each of its parts"),
    ]:
        notes[f"{study.results}/{file}"] = {"name": name, "description": description}
    for file, record in study.records.items():
        name = "{environment}, {twin}: {probe} {replicate}".format_map(record)
        notes[file] = {"name": name, "dateCreated": record["started"]}
        notes[f"containers/locks/{record['environment']}.txt"] = {
            "name": record["environment"],
            "description": _software(record),
        }
    return notes


def _software(record: Record) -> str:
    software = record["software"]
    named = {"Python": "python", "Keras": "keras"}
    told = [f"{name} {software[package]}" for name, package in named.items() if package in software]
    return ", ".join([*told, *titles_of(software).values()])


def _facts(name: str, content: bytes) -> dict[str, Any]:
    return {
        "encodingFormat": FORMATS.get(PurePosixPath(name).suffix) or _plain(content),
        "contentSize": str(len(content)),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def _plain(content: bytes) -> str:
    try:
        content.decode()
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "text/plain"


def _innermost(name: str, folders: Mapping[str, Any]) -> str | None:
    """Return the innermost of the folders that contain a file or folder, None if none does."""
    return next((str(above) for above in PurePosixPath(name).parents if str(above) in folders), None)
