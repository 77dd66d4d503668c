"""Words that both sides use: the measuring side writes them into records, and the analysis reads them there."""

from enum import Enum


class Word(str, Enum):
    """A word of a closed list: it can be used as a string, and is printed as its value."""

    def __str__(self) -> str:
        return str(self.value)


class Identity(Word):
    """The outcomes of comparing a style with functional, from the best to the worst.

    The last is only for a twin whose identity no trial measured.
    """

    BIT_EQUAL = "bit-equal"
    WITHIN_ROUNDING = "within rounding"
    DIFFERENT = "different"
    FAILED = "failed"
    NOT_MEASURED = "not measured"

    @classmethod
    def judge(cls, equal: bool, within: bool) -> "Identity":
        """Return the outcome, given whether results are equal to the last bit and within rounding."""
        return cls.BIT_EQUAL if equal else cls.WITHIN_ROUNDING if within else cls.DIFFERENT


# With these, the styles of a twin count as one network.
ONE_NETWORK = (Identity.BIT_EQUAL, Identity.WITHIN_ROUNDING)


class GraphOutcome(Word):
    """How the compiled graph of a style compares with functional's.

    The last is for functions that a backend of Keras does not compile.
    """

    EQUAL = "equal"
    ORDERED_OTHERWISE = "ordered otherwise"
    WIRED_OTHERWISE = "wired otherwise"
    OTHER_OPERATIONS = "other operations"
    NOT_AVAILABLE = "not available"

    @classmethod
    def judge(cls, operations: bool, wiring: bool, order: bool) -> "GraphOutcome":
        """Return the outcome, given whether two graphs agree in operations, in wiring, and in order."""
        if not operations:
            return cls.OTHER_OPERATIONS
        if not wiring:
            return cls.WIRED_OTHERWISE
        return cls.EQUAL if order else cls.ORDERED_OTHERWISE


class Stage(Word):
    """Where a planted mistake is caught, from the earliest on."""

    CONSTRUCT = "construct"
    COMPILE = "compile"
    FIRST_STEP = "first step"
    LATER = "later"
    NEVER = "never"


STAGES = tuple(Stage)
