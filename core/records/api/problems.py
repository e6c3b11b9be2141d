"""What was wrong with a request of a system, as `application/problem+json` (RFC 9457): what, where, and what to do."""

from http import HTTPStatus

from pyramid.response import Response
from pyramid.view import exception_view_config

CONTENT_TYPE = "application/problem+json"


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
    body = {"type": "about:blank", "title": HTTPStatus(problem.status).phrase, "status": problem.status, "detail": problem.detail, "reference": request.id}
    if problem.pointer:
        body["pointer"] = problem.pointer
    response = Response(json_body=body, status=problem.status, content_type=CONTENT_TYPE)
    response.headers.update(problem.headers)
    return response
