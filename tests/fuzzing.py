"""Damages the files that the product reads, at random but reproducibly, and reads them.

Usage, for many more inputs than the suite has: python -m tests.fuzzing 20000 [SEED]
"""

import copy
import gzip
import hashlib
import json
import math
import random
import struct
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import chdir
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from twinproof.analysis.plausibility import contradictions, foreign, shares_of
from twinproof.base.errors import UserError
from twinproof.crate.citation import read_citation
from twinproof.environments.environment import Environment
from twinproof.pipeline.config import check_config, parameters, read_config, running
from twinproof.pipeline.counting import _protocol_of
from twinproof.pipeline.durations import of_records
from twinproof.pipeline.schedule import read_schedule
from twinproof.study.dataset import FILES, read_checksums, read_dataset
from twinproof.study.params import read_params
from twinproof.study.record import digest, read_record
from twinproof.study.trial import list_trials

REPOSITORY = Path(__file__).parents[1]
GOLDEN = max(REPOSITORY.glob("tests/golden/record-*.json"))
# Values of another type, too large, too small, or with a special meaning somewhere.
VALUES: list[Any] = [
    None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63) - 1, 10**400, 0.5, -0.0, 1e308, float("inf"), float("nan"), "",
    "x", "0", "NaN", "yesterday", "2025-13-45", "a\nb", "\0", "\u2028", "\udcff", "{x}", "$(x)", "../..", "-x",
    "x" * 5000,
    [], [[]], {}, {"": {}}, {"x": None}, [None] * 3,
]  # fmt: skip
PIECES = [
    b"", b"\0", b"\xff", b"\n", b"\r", b"\t", b"{", b"}", b"[", b"]", b":", b": ", b"- ", b",", b'"', b"'", b"&a ",
    b"*a", b"!!int ",
    b"!!python/object:x ", b"!!timestamp ", b"!!binary ", b"!!set ", b"!!omap ", b"<<: ", b"? ", b"%YAML 9", b"---\n",
    b"...\n", b"|",
    b">", b"2025-13-45", b"1:60:60", b"0x", b"0o8", b"1e999", b"-.inf", b".nan", b"=", b"~", b"9" * 5000, b"[" * 2000,
    b"{a: " * 500,
    b"NaN", b"Infinity", b"--index-url x\n", b"\\", b" \\\n", b"#", b"==", b"--hash=sha256:", b"\xed\xb3\xbf",
    b"\\ud800", b"\xef\xbb\xbf",
]  # fmt: skip


class Target(NamedTuple):
    """A kind of file: a valid one, and the function that reads it in the current folder."""

    sound: bytes
    read: Callable[[bytes], object]
    structured: Callable[[bytes], Any] | None = None
    written: Callable[[Any], bytes] | None = None


def targets(folder: Path) -> dict[str, Target]:
    """Return the kinds of files to read in `folder`, which has parameters, locks and images."""
    lock = Environment("small").lock
    sound_lock = f"# made\nnumpy==1.26.4 \\\n    --hash=sha256:{'a' * 64}\nkeras==3.8.0 --hash=sha256:{'b' * 64}\n"
    mark = {"lock": "a" * 64, "build": "1", "image": "sha256:dd", "sif": {"size": 5}}
    profile = b"configfile: params.yaml\nconfig: [batch=30]\njobs: 4\nexecutor: slurm\n"
    schedule = {"seconds": 60, "batches": {"small/learning-0": ["simple/0", "simple/1"]}}
    small = (REPOSITORY / "params.yaml").read_bytes()

    def put(name: str | Path, read: Callable[[Path], object]) -> Callable[[bytes], object]:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)

        def write_and_read(content: bytes) -> object:
            path.write_bytes(content)
            return read(path)

        return write_and_read

    def read_all_of(path: Path) -> None:
        list(of_records([path]))
        _protocol_of(path)
        record = read_record(path)
        list(chain(foreign(record), contradictions(record), shares_of(record, 55_000, 10_000)))

    def read_parameters(path: Path) -> None:
        check_config([path], {})
        config, _ = read_config(path, None)
        running(config)
        list_trials(parameters(config))
        list_trials(read_params(path))

    def described(_: Path) -> None:
        environment = Environment("small")
        environment.image()
        environment.image_fault()

    as_json = (json.loads, lambda value: json.dumps(value).encode())
    as_yaml = (yaml.safe_load, lambda value: yaml.safe_dump(value).encode("utf-8", "surrogatepass"))
    write_images(folder / "images")
    lock.parent.mkdir(parents=True)
    lock.write_text(sound_lock)
    return {
        "params": Target(small, put("params.yaml", read_parameters), *as_yaml),
        "record": Target(GOLDEN.read_bytes(), put("record.json", read_all_of), json.loads, signed),
        "checksums": Target((folder / "images/SHA256SUMS").read_bytes(), put("SUMS", read_checksums)),
        "packed images": Target((folder / "images" / FILES["train_images"]).read_bytes(), read_images),
        "images": Target(idx(6, 2, 2), lambda content: read_images(gzip.compress(content, 1))),
        "lock": Target(sound_lock.encode(), put(lock, lambda _: Environment("small").modules())),
        "image.json": Target(json.dumps(mark).encode(), put(Environment("small").image_mark, described), *as_json),
        "profile": Target(
            profile, put("config.yaml", lambda path: read_config(REPOSITORY / "params.yaml", path.parent)), *as_yaml
        ),
        "schedule": Target(
            json.dumps(schedule).encode(), put("batches.json", lambda p: read_schedule(p.parent)), *as_json
        ),
        "citation": Target((REPOSITORY / "CITATION.cff").read_bytes(), put("CITATION.cff", read_citation), *as_yaml),
    }


def signed(record: Any) -> bytes:
    """Write a record as a forger who knows about its digest would."""
    if isinstance(record, dict):
        record["digest"] = digest(record)
    return json.dumps(record).encode()


def idx(*shape: int) -> bytes:
    """Return a file of the idx format, full of zeros."""
    return struct.pack(f">{1 + len(shape)}I", 0x0800 + len(shape), *shape) + bytes(math.prod(shape))


def write_images(folder: Path) -> None:
    """Write a small data set."""
    folder.mkdir()
    shapes = {"train_images": (6, 2, 2), "train_labels": (6,), "test_images": (3, 2, 2), "test_labels": (3,)}
    for name, shape in shapes.items():
        (folder / FILES[name]).write_bytes(gzip.compress(idx(*shape), 1))
    write_checksums(folder)


def write_checksums(folder: Path) -> None:
    """Write the correct checksums of a data set."""
    sums = (f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in FILES.values())
    (folder / "SHA256SUMS").write_text("".join(sums))


def read_images(packed: bytes) -> object:
    """Read a data set with other training images and their correct checksum."""
    folder = Path("images")
    (folder / FILES["train_images"]).write_bytes(packed)
    write_checksums(folder)
    return read_dataset(folder, folder / "SHA256SUMS", 2)


def spoil(target: Target, draw: random.Random) -> bytes:
    """Return the input of a target with changed bytes or values."""
    if target.structured and target.written and draw.random() < 0.5:
        value = target.structured(target.sound)
        for _ in range(draw.randint(1, 3)):
            value = _change_value(value, draw)
        try:
            return target.written(value)
        except (ValueError, yaml.YAMLError, RecursionError):
            pass  # Not every value can be written.
    content = bytearray(target.sound)
    for _ in range(draw.randint(1, 4)):
        place = draw.randrange(len(content) + 1)
        end = min(len(content), place + draw.choice([0, 1, 1, 2, 8, 64, len(content)]))
        part = draw.choice(
            [
                draw.choice(PIECES),
                bytes([draw.randrange(256)]),
                bytes(content[place:end]) * draw.choice([0, 2, 3]),
                draw.choice(PIECES) * draw.choice([1, 3, 100]),
            ]
        )
        content[place:end] = part
    return bytes(content)


def _change_value(value: Any, draw: random.Random) -> Any:
    """Change or remove one value at any depth, or change its key."""
    places = list(_places(value))
    if not places:
        return copy.deepcopy(draw.choice(VALUES))
    parent, key = draw.choice(places)
    kind = draw.randrange(4)
    if kind == 0:
        del parent[key]
    elif kind == 1 and isinstance(parent, dict):
        parent[draw.choice([one for one in VALUES if isinstance(one, str)])] = parent.pop(key)
    elif kind == 2 and isinstance(parent[key], int | float) and abs(parent[key]) < 1e300:
        parent[key] = draw.choice([-parent[key], parent[key] + 1, parent[key] * 1e9, parent[key] / 3])
    else:
        parent[key] = copy.deepcopy(draw.choice(VALUES))
    return value


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield value, key
        yield from _places(one)


class Finding(NamedTuple):
    """An input that was neither read nor refused, and how that ended."""

    target: str
    content: bytes
    end: str


def fuzz(folder: Path, count: int, seed: int, slow: float = 20) -> tuple[Counter[str], list[Finding]]:
    """Read this many spoilt inputs; return the counts of the outcomes, and the inputs with a forbidden outcome."""
    ends: Counter[str] = Counter()
    found = []
    with chdir(folder):
        known = targets(folder)
        for number in range(count):
            name = list(known)[number % len(known)]
            content = spoil(known[name], random.Random(f"{seed}/{number}"))  # noqa: S311
            start = time.monotonic()
            try:
                known[name].read(content)
                end = "read"
            except UserError as error:
                end = "refused"
                if not all(line.isprintable() and line for line in str(error).split("\n")):
                    end = f"a message that cannot be shown: {str(error)!r}"
            except Exception:
                end = traceback.format_exc()
            if time.monotonic() - start > slow:
                end = f"took {time.monotonic() - start:.0f} s"
            ends[end if end in ("read", "refused") else "neither"] += 1
            if end not in ("read", "refused"):
                found.append(Finding(name, content, end))
    return ends, found


def main() -> None:
    """Print the outcomes of many inputs."""
    count, seed = int(sys.argv[1]), int((sys.argv[2:] or ["0"])[0])
    with tempfile.TemporaryDirectory() as folder:
        ends, found = fuzz(Path(folder), count, seed)
    for one in found[:20]:
        print(one.target, one.content[:300], one.end[-1500:], sep="\n", end="\n\n")
    print(dict(ends), Counter(one.target for one in found))


if __name__ == "__main__":
    main()
