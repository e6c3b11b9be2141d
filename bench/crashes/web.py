"""The web process of the crash test: the portal's own application, with its steps counted."""

from bench.crashes import points

points.set_in_portal()

from core.wsgi import app as portal  # noqa: E402  (once what it does is wrapped)

app = points.in_web(portal)
