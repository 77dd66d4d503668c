"""The image of an environment against its venv: the start of TensorFlow, and the quick study through Snakemake."""

import argparse
import shutil
import subprocess
import time
from pathlib import Path
from statistics import median

import yaml
from side_by_side import (
    ENVIRONMENT,
    PROFILE,
    ROOT,
    environment_variables,
    interleave,
    measured_python,
    ratios,
    repository_copy,
    snakemake,
    verdict,
)

GOAL = 1.15
IMPORT = "import tensorflow"


def main() -> None:
    """Compare the two, in both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    snakemake(ROOT, "--cores", "2", f"results/environments/{ENVIRONMENT}/image.json")

    starts = interleave({"image": lambda: _start(_image_python()), "venv": lambda: _start(_venv_python())}, 3 * rounds)
    print(f"median seconds to import tensorflow: {_medians(starts)}")
    print(f"in the image it takes {ratios(starts['image'], starts['venv'])} times the venv's")

    studies = interleave({"image": lambda: _study("--sdm", "apptainer"), "venv": _study}, rounds)
    ratio = median(image / venv for image, venv in zip(studies["image"], studies["venv"], strict=True))
    print(f"median seconds of the quick study: {_medians(studies)}")
    print(f"in the image it takes {ratios(studies['image'], studies['venv'])} times the venv's wall time;")
    print(f"  {verdict(ratio, GOAL, most=True)}")


def _medians(found: dict[str, list[float]]) -> str:
    return ", ".join(f"{name} {median(times):.2f}" for name, times in found.items())


def _venv_python() -> str:
    return str(measured_python())


def _image_python() -> str:
    profile = yaml.safe_load((ROOT / "workflow/profiles/default/config.yaml").read_text())
    return f"apptainer exec --home $PWD {profile['apptainer-args']} results/environments/{ENVIRONMENT}/image.sif python"


def _start(python: str) -> float:
    clock = time.perf_counter()
    command = ["bash", "-c", f"{python} -c '{IMPORT}'"]
    subprocess.run(command, cwd=ROOT, env=environment_variables(ROOT), stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - clock


def _study(*how: str) -> float:
    with repository_copy() as folder:
        if how:
            _bring_image(folder)
        return snakemake(folder, "--cores", "2", *how, "--profile", PROFILE)[0]


def _bring_image(folder: Path) -> None:
    """Put the image into a copy as files of its own: a link to a folder outside is not seen from inside."""
    place = folder / "results" / "environments"
    place.unlink()
    (place / ENVIRONMENT).mkdir(parents=True)
    for file in ("image.sif", "image.json"):
        shutil.copy(ROOT / "results" / "environments" / ENVIRONMENT / file, place / ENVIRONMENT)


if __name__ == "__main__":
    main()
