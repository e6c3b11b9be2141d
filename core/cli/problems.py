"""Turning what went wrong outside the portal into one sentence."""

import errno
import sys

from core.local import Problem

# By name, so that their modules need not be loaded for a command that cannot raise them.
_NAMED = {"WrongSetting", "CannotMakeRoles", "AssetsNotBuilt", "MailNotSent", "PluginMissing"}


def explain(error: BaseException) -> str | None:
    """The sentence for an error that the caller can mend; None for a fault of ours, which keeps its traceback."""
    if isinstance(error, Problem) and "No space left on device" in str(error):
        return "The disk is full: make room and start again."
    if isinstance(error, Problem) or type(error).__name__ in _NAMED:
        return str(error)
    if isinstance(error, ModuleNotFoundError) and error.name == "aiosmtpd":
        return "The local servers are not installed: pip install 'cuspid[local]'."
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return "The disk is full: make room and start again."
    if isinstance(error, OSError) and error.errno in {errno.EACCES, errno.EPERM, errno.EROFS} and error.filename:
        return f"{error.filename} cannot be written: {error.strerror}."
    return _explain_database(error)


def _explain_database(error: BaseException) -> str | None:
    # Only if the driver is loaded can the error be one of its.
    driver = sys.modules.get("psycopg")
    error = getattr(error, "orig", None) or error
    if driver is None or not isinstance(error, driver.OperationalError):
        return None
    if isinstance(error, driver.errors.DiskFull):
        return "The disk of the database is full: make room and start again."
    return f"The database cannot be reached: {str(error).strip().splitlines()[-1]}"
