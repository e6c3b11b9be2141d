"""What the stand-in answers when it does not do something, in Stripe's own words."""

from typing import Any


class Fault(Exception):
    """An answer that is an error. `kind` is Stripe's type of error, `more` what else stands in it."""

    def __init__(self, status: int, kind: str, message: str, code: str | None = None, **more: Any):
        super().__init__(message)
        self.status = status
        self.error = {"type": kind, "message": message, **({"code": code} if code else {}), **more}

    @property
    def body(self) -> dict:
        """The answer's body."""
        return {"error": self.error}


def wrong(message: str, param: str | None = None, code: str | None = None) -> Fault:
    """A request that cannot be done as it was asked."""
    return Fault(400, "invalid_request_error", message, code, **({"param": param} if param else {}))


def missing(kind: str, reference: str) -> Fault:
    """Something that is not there, or not this account's."""
    return Fault(404, "invalid_request_error", f"No such {kind}: '{reference}'", "resource_missing", param="id")
