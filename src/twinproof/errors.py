"""The errors that a user can put right."""


class UserError(Exception):
    """A mistake in the input, with a message that says what is wrong, where, and what is allowed.

    The entry points print it as one line and exit with status 2; every other exception is a fault of twinproof.
    """
