"""Grades `twinproof prove` by the catalogue of pairs whose right answers are known, and by public threads.

    python bench/grade.py --to graded.jsonl [KIND...]     # prove the pairs of these kinds, or all that the file lacks
    python bench/grade.py --from graded.jsonl             # print the tables; --write docs/prove-graded.md keeps them

Run it where Keras is, with twinproof beside it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypedDict

STEPS = 5


class Graded(TypedDict):
    """One pair: the right answer, the answer given, and whether a right name was named."""

    kind: str
    name: str
    family: str
    one_network: bool
    verdict: str
    named: bool
    sentence: str
    seconds: float


def main() -> None:
    """Prove pairs, or print the tables of what was proven."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*")
    parser.add_argument("--to", type=Path)
    parser.add_argument("--from", dest="source", type=Path)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    if options.to:
        grade(options.to, options.kinds)
    found = read(options.source or options.to)
    text = "\n".join(report(found))
    print(text)
    if options.write:
        options.write.write_text(text + "\n", encoding="utf-8")
    sys.exit(int(any(wrong(one) for one in found)))


def grade(path: Path, kinds: list[str]) -> None:
    """Prove the pairs of these kinds that the file does not have, and append what was found."""
    import keras
    from catalogue import pairs
    from catalogue.threads import BATCHES, THREADS

    done = {(one["kind"], one["name"]) for one in read(path)}
    for pair in [*pairs(), *THREADS]:
        if (pair.kind, pair.name) in done or (kinds and pair.kind not in kinds):
            continue
        keras.backend.clear_session()
        start = time.perf_counter()
        verdict, sentence, names = prove(pair, BATCHES.get(pair.name) if pair.kind == "threads" else None)
        graded = Graded(
            kind=pair.kind,
            name=pair.name,
            family=pair.family,
            one_network=pair.one_network,
            verdict=verdict,
            named=any(is_named(culprit, names) for culprit in pair.culprit),
            sentence=sentence,
            seconds=round(time.perf_counter() - start, 1),
        )
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(graded) + "\n")


def prove(pair: Any, data: Callable[[], Any] | None) -> tuple[str, str, tuple[str, ...]]:
    """Return the verdict on a pair, its sentence, and the names of its difference."""
    import twinproof

    try:
        proof = twinproof.prove(pair.first, pair.second, steps=STEPS, data=data)
    except Exception as error:
        return "error", f"{type(error).__name__}: {error}"[:300], ()
    difference = proof.difference
    return str(proof.verdict), proof.sentence, (*difference.names, str(difference.place)) if difference else ()


def is_named(culprit: str, names: tuple[str, ...]) -> bool:
    """Return whether one of the names is the culprit: the layer or variable itself, or within a block of that name."""
    return any(culprit in name.replace("`", "").split() or f"/{culprit}/" in f"/{name}/" for name in names)


def read(path: Path | None) -> list[Graded]:
    """Return what was found before."""
    if path is None or not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def wrong(one: Graded) -> bool:
    """Return whether the verdict on a pair is not the right one."""
    return one["verdict"] != ("one network" if one["one_network"] else "not one network")


def report(found: list[Graded]) -> Iterator[str]:
    """Yield the tables by kind of network, of the public threads, and every wrong answer."""
    yield "# How well does `twinproof prove` do?"
    yield ""
    yield "Written by [bench/grade.py](../bench/grade.py), which proves every pair of the catalogue in"
    yield "[bench/catalogue](../bench/catalogue/__init__.py). The answers were written without sight of the prover."
    yield "Named: the first sentence names the layer, the variable or the setting that was changed."
    yield ""
    yield "| kind of network | differences | found | named | pairs that are one network | false alarms |"
    yield "|---|---|---|---|---|---|"
    kinds: dict[str, list[Graded]] = defaultdict(list)
    for one in found:
        if one["kind"] != "threads":
            kinds[one["kind"]].append(one)
    for kind, graded in kinds.items():
        yield _row(kind.replace("_", " "), graded)
    yield _row("**all**", [one for graded in kinds.values() for one in graded])
    threads = [one for one in found if one["kind"] == "threads"]
    if threads:
        yield ""
        yield "## Public threads, rebuilt in small"
        yield ""
        yield "| thread | pair | right answer | what it says |"
        yield "|---|---|---|---|"
        for one in threads:
            answer = "one network" if one["one_network"] else "not one network"
            yield f"| {one['family']} | {one['name']} | {answer} | {_cell(one['sentence'])} |"
    missed = [one for one in found if wrong(one) or not (one["one_network"] or one["named"])]
    if missed:
        yield ""
        yield "## Wrong, or not named"
        yield ""
        for one in missed:
            what = one["verdict"] if wrong(one) else "not named"
            yield f"- {one['kind']}, {one['name']}: {what}. {_cell(one['sentence'])}"


def _row(name: str, graded: list[Graded]) -> str:
    differences = [one for one in graded if not one["one_network"]]
    equal = [one for one in graded if one["one_network"]]
    found = sum(not wrong(one) for one in differences)
    named = sum(one["named"] and not wrong(one) for one in differences)
    alarms = sum(wrong(one) for one in equal)
    return f"| {name} | {len(differences)} | {found} | {named} | {len(equal)} | {alarms} |"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "/").split())[:240]


if __name__ == "__main__":
    main()
