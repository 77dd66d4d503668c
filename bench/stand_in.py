"""Replaces an environment's Python for scale.py: measures nothing, and copies records that were made before.

Its arguments are the folder of those records, and the arguments that Snakemake passes to an environment's Python.
"""

import os
import shutil
import sys


def main() -> None:
    """Copy the records of a batch or of one trial to the requested paths; a file of models is left empty."""
    made, words = sys.argv[1], sys.argv[2:]
    starts = [place for place, word in enumerate(words) if word.startswith("--")]
    given = {words[start]: words[start + 1 : end] for start, end in zip(starts, [*starts[1:], len(words)], strict=True)}
    (environment,) = given["--environment"]
    if "--trials" in given:
        (probe,), (records,) = given["--probe"], given["--records"]
        trials = [name.split("/") for name in given["--trials"]]
        paths = [f"{environment}/{twin}/{probe}-{number}.json" for twin, number in trials]
        pairs = [(f"{made}/{path}", f"{records}/{path}") for path in paths]
        pairs.append((os.devnull, given["--mark"][0]))
    elif "--probe" in given:
        (twin,), (probe,), (number,), (output,) = (
            given[name] for name in ("--twin", "--probe", "--replicate", "--output")
        )
        pairs = [(f"{made}/{environment}/{twin}/{probe}-{number}.json", output)]
    else:
        pairs = [(os.devnull, given["--output"][0])]
    for source, target in pairs:
        os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120 - without pathlib it starts sooner
        shutil.copyfile(source, target)


if __name__ == "__main__":
    main()
