"""What was wrong with a request of a system, as `application/problem+json` (RFC 9457): what, where, and what to do."""

from pyramid.view import exception_view_config

from core.web.errors import PROBLEM, problem_response

CONTENT_TYPE = PROBLEM


class Problem(Exception):
    """A request that is refused as a whole; nothing of it was kept. `pointer` is the place in what was sent."""

    def __init__(self, status: int, detail: str, pointer: str = "", headers: dict[str, str] | None = None):
        super().__init__(detail)
        self.status, self.detail, self.pointer, self.headers = status, detail, pointer, headers or {}


def unknown_key() -> Problem:
    """The one answer to every key that opens nothing here."""
    return Problem(401, "There is no such key here. Send one of this practice: Authorization: Bearer cuspid_…", headers={"WWW-Authenticate": 'Bearer realm="cuspid"'})


@exception_view_config(Problem)
def refused(problem, request):
    """The answer."""
    response = problem_response(request, problem.status, problem.detail, **({"pointer": problem.pointer} if problem.pointer else {}))
    response.headers.update(problem.headers)
    return response
