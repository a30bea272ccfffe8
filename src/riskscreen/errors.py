"""Every error raised on purpose, and the exit code each one ends a run with.

ScreeningError              something the person running the command can put right   10
    UsageError              a command that was typed wrongly                          2
    SpecError               the specification in models/*.toml                       11
    FileError               a file that cannot be read or written as asked           12
    TableError              a table that breaks its contract as a whole              13
    ModelError              a stored model that is damaged or does not fit           14
    NotApprovedError        no approved model to score with                          15
        UntrustedApprovalError  what was approved is another model, or not signed    15
    PersonalDataError       a person number, name or address where none may be       16
    GateError               a model that its specification's gates refuse            17
    LeakError               a training whose result is too good to be true           18
    RegistryError           the MLflow registry cannot be reached or answers wrongly 19
    NotInstalledError       a library that this installation lacks                   20
    OutOfMemoryError        less memory than the work needs                          21
    UnknownCodesError       too many of the newest weeks on codes that no table knows 22
    ConvergenceError        a likelihood whose maximum a fit did not find            23
    StoppedError            the site's stop switch is on (a file STOP)               24
    MissedRunError          last night's run did not happen, or ended with an error  25
    ReleaseError            a folder that may not leave the site                     26
    UnexpectedError         what nobody foresaw; its text is not told                70

Exit code 0 is "finished", 2 is "the command was typed wrongly", 3 is "finished, but
rows were set aside" (SET_ASIDE_EXIT) and 4 "finished, and a model asks for something
to be done" (ALARM_EXIT): nothing is wrong with the run.
A run that a signal ended has 128 and the signal's number. docs/reference/exit-codes.md
says for each what to do; numbers are given here and nowhere else.
"""

from riskscreen.disclosure.words import mask_words

FINISHED_EXIT = 0
MISTYPED_EXIT = 2
SET_ASIDE_EXIT = 3
ALARM_EXIT = 4
SIGNAL_EXIT = 128
"""Plus the signal's number: 129 for SIGHUP, 130 for SIGINT, 143 for SIGTERM."""


class ScreeningError(Exception):
    """Base of every error a user can put right; its text is safe to print and log."""

    exit_code = 10

    def __init__(self, words: str) -> None:
        """Keep *words* as they may leave."""
        super().__init__(mask_words(words))


class UsageError(ScreeningError):
    """The command was typed wrongly, in a way that its parser cannot see."""

    exit_code = MISTYPED_EXIT


class SpecError(ScreeningError):
    """The specification is misspelt, incomplete or contradicts itself."""

    exit_code = 11


class FileError(ScreeningError):
    """A file is missing, unreadable, or not in the form it was said to have."""

    exit_code = 12


class TableError(ScreeningError):
    """A table breaks its contract as a whole, so no row of it can be used."""

    exit_code = 13


class ModelError(ScreeningError):
    """A stored model is damaged, or does not fit the specification or the data."""

    exit_code = 14


class NotApprovedError(ScreeningError):
    """No approved model stands for this target."""

    exit_code = 15


class UntrustedApprovalError(NotApprovedError):
    """Somebody approved something there, and it is not this, or no key of ours did.

    A run of every target takes it for a fault, and a target without any approval not.
    """


class PersonalDataError(ScreeningError):
    """A person number, name or address stands in a file that must hold none."""

    exit_code = 16


class GateError(ScreeningError):
    """A model fails a gate of its specification."""

    exit_code = 17


class LeakError(ScreeningError):
    """A training result is too good to be true: something known later got in."""

    exit_code = 18


class RegistryError(ScreeningError):
    """The model registry cannot be reached, or holds something unexpected."""

    exit_code = 19


class NotInstalledError(ScreeningError):
    """A library is missing that only some installations have."""

    exit_code = 20


class OutOfMemoryError(ScreeningError):
    """The work needs more memory than there is."""

    exit_code = 21


class UnknownCodesError(ScreeningError):
    """Too many of the newest weeks stand on codes that no code table knows."""

    exit_code = 22


class ConvergenceError(ScreeningError):
    """A likelihood whose maximum a fit did not find."""

    exit_code = 23


class StoppedError(ScreeningError):
    """The site's stop switch is on: nothing may score there."""

    exit_code = 24


class MissedRunError(ScreeningError):
    """Last night's run did not happen, is older than asked, or ended with an error."""

    exit_code = 25


class ReleaseError(ScreeningError):
    """A folder may not leave the site as it is."""

    exit_code = 26


class UnexpectedError(ScreeningError):
    """Something that nobody foresaw: its kind and place are told, never its text."""

    exit_code = 70
