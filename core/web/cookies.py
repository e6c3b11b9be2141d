"""Cookies as this portal sets them: for this host alone, out of reach of scripts and of other offices' pages."""


def own_name(request, name: str) -> str:
    """A cookie's name as the browser keeps it: `__Host-` keeps other practices' pages from setting it, and needs https."""
    return f"__Host-{name}" if request.registry.portal.secure else name


def get(request, name: str) -> str:
    """What the browser sent, or nothing."""
    return request.cookies.get(own_name(request, name), "")


def put(request, response, name: str, value: str, max_age: int | None = None):
    """Have the browser keep a value, until it is closed if no time is named, or forget it (`max_age` 0); returns the response."""
    secure = request.registry.portal.secure
    response.set_cookie(own_name(request, name), value, max_age=max_age, path="/", secure=secure, httponly=True, samesite="Lax")
    return response
