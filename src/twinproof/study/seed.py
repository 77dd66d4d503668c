"""The seeds of a study: one for each twin and replicate."""

import hashlib


def derive_seed(study_seed: int, twin: str, replicate: int) -> int:
    """Return the seed of a trial, 0 to 2**31 - 1: a function of study seed, twin and replicate, never of the style."""
    digest = hashlib.sha256(f"{study_seed}/{twin}/{replicate}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1
