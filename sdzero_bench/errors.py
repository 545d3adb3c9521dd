"""Errors that are a person's to mend: the CLI prints them as one line and exits with their code."""


class UserError(Exception):
    """Something in the input is wrong: says what (file, field, value) and what to do. Exit code 2."""

    exit_code = 2


class RunError(Exception):
    """The input was fine but the run could not go on (a worker died, a phase was told to stop). Exit code 1."""

    exit_code = 1
