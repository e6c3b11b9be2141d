"""Who asks at `/api/v1`: a key of the practice at whose address it is, never a cookie."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from core.auth.limits import Count, TooManyAttempts, windows
from core.records.api import keys
from core.records.api.models import ApiKey
from core.records.api.problems import Problem, unknown_key

PER_KEY = windows("600 per 1 minute")
WRONG = windows("30 per 1 minute; 300 per 1 hour")
"""So often an address may send keys that open nothing."""

View = Callable[[Any], Any]


def with_key(view: View) -> View:
    """For a view of the API: there is a right key, which is `request.api_key`. Raises Problem."""

    @wraps(view)
    def asked(request):
        request.api_key = _key(request)
        return view(request)

    return asked


def _key(request) -> ApiKey:
    scheme, _, words = request.headers.get("Authorization", "").partition(" ")
    address = Count(WRONG, request.practice_id, "api.wrong_key", request.remote_addr or "")
    limiter = request.registry.limiter
    _take(limiter.refuse_when_full, request, address)
    key = keys.find(request.db, request.practice_id, words.strip(), request.now) if scheme.lower() == "bearer" else None
    if key is None:
        limiter.hit(address)
        raise unknown_key()
    _take(limiter.take, request, Count(PER_KEY, request.practice_id, "api.key", str(key.id)))
    keys.note_use(request.db, key, request.now)
    return key


def _take(count: Callable, request, *counts: Count) -> None:
    try:
        count(request.now, *counts)
    except TooManyAttempts as full:
        raise Problem(429, f"Too many requests. Go on in {full.seconds} seconds.", headers={"Retry-After": str(full.seconds)}) from None
