"""The yardsticks: a bare WSGI answer, and the least that Pyramid can do for a page of 50 visits.

The second one is the limit that counts: a signed cookie, and the same 50 rows, in the same words and markup, from one indexed
SELECT through the driver; and no session on the server, no wall, no layout, no tabs, no audit.
"""

import os
from datetime import UTC, datetime
from threading import local
from zoneinfo import ZoneInfo

import psycopg
from pyramid.config import Configurator
from pyramid.session import JSONSerializer, SignedCookieSessionFactory

from core.tenant import TeamMember
from plugins.appointments.services.visits import Visit
from plugins.appointments.shown import show

ROWS = """
select v.id::text, v.starts_at, v.minutes, v.status, v.confirmation, v.reason, p.first_name || ' ' || p.last_name, p.suffix, c.name, c.time_zone
from appointments_appointment v
join provider p on p.practice_id = v.practice_id and p.id = v.provider_id
join clinic c on c.practice_id = v.practice_id and c.id = v.clinic_id
where v.practice_id = %s and v.patient_id = %s order by v.starts_at desc limit 50
"""
_own = local()


def bare(environ, start_response):
    """The cheapest answer that there is."""
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "3")])
    return [b"ok\n"]


def enter(request):
    """Sign the cookie."""
    request.session["patient"] = os.environ["BENCH_PATIENT"]
    return {"visits": []}


def rows(request):
    """Who asks stands in the cookie; one SELECT on a connection of this thread, and the rows."""
    connection = getattr(_own, "connection", None)
    if connection is None:
        connection = _own.connection = psycopg.connect(os.environ["BENCH_DATABASE_URL"], autocommit=True)
    found = connection.execute(ROWS, (os.environ["BENCH_PRACTICE"], request.session["patient"])).fetchall()
    now = datetime.now(UTC)
    visits = [
        Visit(id_, starts_at, minutes, status, confirmation, reason, TeamMember(f"{name}, {suffix}", name), clinic, ZoneInfo(zone), starts_at <= now, False)
        for id_, starts_at, minutes, status, confirmation, reason, name, suffix, clinic, zone in found
    ]
    return {"visits": show(visits, now)}


def _minimal():
    config = Configurator(settings={"jinja2.trim_blocks": True})
    config.include("pyramid_jinja2")
    for folder in ("bench:templates/", "plugins.appointments:templates/", "core.web:templates/"):
        config.add_jinja2_search_path(folder)
    config.set_session_factory(
        SignedCookieSessionFactory("the yardstick's own secret", serializer=JSONSerializer(), timeout=None, reissue_time=None)
    )
    for view in (enter, rows):
        config.add_route(view.__name__, f"/{view.__name__}")
        config.add_view(view, route_name=view.__name__, renderer="rows.jinja2")
    return config.make_wsgi_app()


_pages = _minimal()


def app(environ, start_response):
    """`/bare`, `/enter` and `/rows`."""
    return (bare if environ["PATH_INFO"] == "/bare" else _pages)(environ, start_response)
