"""Why a pair of models cannot be compared."""

from __future__ import annotations

from twinproof.base.errors import UserError, described


class CannotTellError(UserError):
    """Two models cannot be compared, for a reason that the user can correct."""


class ModelError(Exception):
    """The user's own code raised: a builder, a module or a model. The cause is that error."""

    def __init__(self, where: str, error: BaseException) -> None:
        said = described(error)
        super().__init__(f"{where} raised {said['type']}: {said['message']}")
        self.where, self.error = where, error
        self.__cause__ = error
