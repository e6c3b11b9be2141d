"""Structured logs: one JSON object a line, with practice, account and request ids, and never health information."""

import logging
import sys
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any

import structlog

# What a line may carry. A key that is not here is dropped, so that a careless call cannot write a name or a message's text.
ALLOWED = frozenset(
    {
        "event", "level", "timestamp", "logger", "request", "practice", "account", "method", "route", "status", "ms", "error", "at",
        "plugin", "hook", "template", "task", "row", "count", "version", "address", "file", "reason", "step", "exception_places",
    }
)  # fmt: skip

# The request that is being answered: on every line that is written meanwhile, also by a library.
REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")


def _name_request(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if request := REQUEST_ID.get():
        entry.setdefault("request", request)
    return entry


def keep_allowed(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop every key that is not on the list; an exception leaves its type and places in the code, never its message."""
    info = entry.pop("exc_info", None)
    error = (sys.exc_info()[1] if info is True else info) if info else None
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        entry["error"] = type(error).__name__
        entry["exception_places"] = places(error)
    return {key: value for key, value in entry.items() if key in ALLOWED}


def places(error: BaseException) -> list[str]:
    """Where in the code an error came from: the last eight frames, without values."""
    found, trace = [], error.__traceback__
    while trace:
        code = trace.tb_frame.f_code
        found.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return found[-8:]


def set_up(level: str) -> None:
    """Send our own lines and the libraries' through the same sieve to standard error."""
    shared: list[Any] = [_name_request, structlog.stdlib.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True)]
    structlog.configure(
        processors=[*shared, keep_allowed, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level)),
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, _library_line],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, keep_allowed, structlog.processors.JSONRenderer()],
        )
    )
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(max(getattr(logging, level), logging.WARNING))


def _library_line(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    # A library's message may hold anything (an address, a statement's parameters): only who warned, and how loudly, is kept.
    record = entry.get("_record")
    return {
        **entry,
        "event": "library",
        "logger": record.name if record else "",
        "at": f"{record.pathname}:{record.lineno}" if record else "",
    }
