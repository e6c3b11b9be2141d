"""What was searched for, carried in the address so that Back, reload and links work, and nobody who sees the address can read it."""

import json

from core.auth.secrets import UnreadableSecret, decrypt, encrypt

_MARK = "asked:"


def write_asked(request, about: str, values: dict[str, str]) -> str:
    """Values of a search on one page, `about`, as a word for the address; only this practice's pages can read it."""
    return encrypt(request.registry.portal.secret_key, request.practice_id, f"{_MARK}{about}:{json.dumps(values)}")


def read_asked(request, about: str) -> dict[str, str]:
    """The values again; none when the address has none, was changed, or is of another page."""
    try:
        text = decrypt(request.registry.portal.secret_key, request.practice_id, request.GET.get("asked", ""))
    except UnreadableSecret:
        return {}
    mark = f"{_MARK}{about}:"
    # Other things are encrypted with the same key, and must not be readable here.
    return json.loads(text.removeprefix(mark)) if text.startswith(mark) else {}
