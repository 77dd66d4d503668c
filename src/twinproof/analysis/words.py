"""The words for outcomes and verdicts in tables."""

from twinproof.base.styles import Style
from twinproof.base.words import Word


class Ending(Word):
    """How the process of an operation ended, if it did not end normally after the operation."""

    CRASHED = "crashed"
    TIMED_OUT = "timed out"


class Kept(Word):
    """The outcome of saving, copying or exchanging a model, from the best to the worst.

    A silent mistake is worse than any error.
    """

    EQUAL = "equal"
    CLOSE = "close"
    NOT_AVAILABLE = "not available"
    SAVE_FAILS = "save fails"
    LOAD_FAILS = "load fails"
    FAILS_IN_USE = "fails in use"
    CANNOT_BE_MADE = "cannot be made"
    WITHOUT_WEIGHTS = "saved without weights"
    CRASHED = "crashed"
    TIMED_OUT = "timed out"
    LOUD = "wrong, with a warning"
    SILENT = "silently wrong"


RIGHT = (Kept.EQUAL, Kept.CLOSE)


class Check(Word):
    """What a check of a model finds, compared with the correct value."""

    WORKS = "works"
    DIFFERS = "differs"
    FAILS = "fails"
    CRASHED = "crashed"
    TIMED_OUT = "timed out"
    NOT_AVAILABLE = "not available"


class Catch(Word):
    """How a planted mistake is reported."""

    ERROR = "error"
    WARNING = "warning"
    SILENCE = "silence"


class PitfallOutcome(Word):
    """How a pitfall ended; the last is for a program that fails even without the trap."""

    AS_EXPECTED = "as expected"
    NOT_AVAILABLE = "not available"
    ERROR = "error"
    CRASHED = "crashed"
    TIMED_OUT = "timed out"
    LOUD = "wrong, with a warning"
    SILENT = "silently wrong"
    CONTROL_FAILED = "not shown: the control failed"


class LearningVerdict(Word):
    """Do the styles of a twin learn the same?"""

    EQUAL = "equal"
    INCONCLUSIVE = "inconclusive"
    NOT_JUDGED = "not judged"


class TimingVerdict(Word):
    """How a style compares with functional in time, or in memory; a part of another quantity is not judged."""

    SLOWER = "slower"
    FASTER = "faster"
    LARGER = "larger"
    SMALLER = "smaller"
    EQUIVALENT = "equivalent"
    UNDECIDED = "undecided"
    PART = "part"
    NO_VERDICT = "no verdict"


class Verdict(Word):
    """The verdict on a claim."""

    SUPPORTED = "supported"
    REFUTED = "refuted"
    MIXED = "mixed"
    INCONCLUSIVE = "inconclusive"


class ClaimSource(Word):
    """The origin of a claim."""

    ARTICLE = "the article"
    OURS = "our own question"


class Advice(Word):
    """Which style a line of the headline advises."""

    FUNCTIONAL = Style.FUNCTIONAL.value
    SUBCLASSED = Style.SUBCLASSED.value
    EITHER = "either"
    DEPENDS = "it depends"


class Reader(Word):
    """Whom a sentence of the answer is for."""

    EVERYONE = "everyone"
    CHOOSING = "choosing a style"
    KEEPING = "keeping a model"
    MIGRATING = "migrating"
    DEBUGGING = "debugging"


class Agreement(Word):
    """How a figure of a reproduction compares with the same figure of the version.

    A figure contradicts if it is an opposite finding, and differs if it is another value but not an opposite one. It is
    undecided if one of the two has no finding.
    """

    AGREES = "agrees"
    UNDECIDED = "undecided"
    DIFFERS = "differs"
    CONTRADICTS = "contradicts"
    NOT_COMPARABLE = "not comparable"
    NOT_TRIED = "not tried"


class Level(Word):
    """The conclusion of a reproduction."""

    REPRODUCED = "reproduced"
    IN_PART = "reproduced in part"
    NOT = "not reproduced"
