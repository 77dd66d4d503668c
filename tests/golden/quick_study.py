"""What the quick study finds, bit for bit, so that no change of the code changes a result unseen.

Usage: python -m tests.golden.quick_study results/quick/trials

That writes quick_study.json beside this file. Bits are those of one kind of processor; on others, results are near.
"""

import hashlib
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parent / "quick_study.json"
# Of the processor, what decides which instructions are used.
KINDS = re.compile(r"^(?:model name|cpu family|model|flags)\s*:\s*(.+)$", re.MULTILINE)


def processor() -> str:
    """Return a digest of the kind of this processor."""
    family, model, name, flags = KINDS.findall(Path("/proc/cpuinfo").read_text())[:4]
    wide = sorted(flag for flag in flags.split() if flag.startswith(("avx", "fma", "amx")))
    return f"{name}, family {family}, model {model}, {hashlib.sha256(' '.join(wide).encode()).hexdigest()[:8]}"


def fingerprint(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the order, a digest of all that was found but seconds and sentences, and what a person would compare."""
    styles = _numbers(record["styles"])
    near = {style: _near(found["result"]) for style, found in record["styles"].items()}
    digest = hashlib.sha256(json.dumps(styles, sort_keys=True).encode()).hexdigest()
    return {"seed": record["seed"], "order": record["order"], "digest": digest, "near": near}


def _near(result: Mapping[str, Any]) -> float:
    """Return what is the same on any processor: accuracy, steps, or operations before they are optimized."""
    if "functions" in result:
        return sum(sum(found["given"]["operations"].values()) for found in result["functions"].values())
    return result.get("test_accuracy", len(result.get("steps", [])))


def _numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _numbers(inner) for key, inner in value.items() if key not in ("seconds", "proof")}
    return [_numbers(inner) for inner in value] if isinstance(value, list) else value


def main(trials: Path) -> None:
    """Write the file."""
    found = {
        path.relative_to(trials).as_posix(): fingerprint(json.loads(path.read_text()))
        for path in sorted(trials.rglob("*.json"))
    }
    GOLDEN.write_text(json.dumps({"processor": processor(), "trials": found}, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
