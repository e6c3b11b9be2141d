"""What the stand-in answers when it does not do something: a status and a sentence, as theirs are."""


class Fault(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, said: str, headers: dict[str, str] | None = None):
        super().__init__(said)
        self.status, self.said, self.headers = status, said, headers or {}


def wrong(said: str) -> Fault:
    """A request that cannot be done as it was asked."""
    return Fault(400, said)


def missing(what: str) -> Fault:
    """Something that is not there."""
    return Fault(404, f"{what} not found")
