"""The yardsticks: a bare WSGI answer, and the least that Pyramid can do for a page of 50 visits.

The second one is the limit that counts: the same 50 rows, in the same words and markup, from one indexed SELECT through the
driver; and no sign-in, no wall, no layout, no tabs, no audit.
"""

import os
from datetime import UTC, datetime
from threading import local

import psycopg
from pyramid.config import Configurator

from plugins.appointments.services import as_visits
from plugins.appointments.shown import show

ROWS = """
select v.id::text, v.starts_at, v.minutes, v.status, v.confirmation, v.reason, p.first_name || ' ' || p.last_name || ', ' || p.suffix, c.name, c.time_zone
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


def rows(request):
    """One SELECT on a connection of this thread, and the rows."""
    connection = getattr(_own, "connection", None)
    if connection is None:
        connection = _own.connection = psycopg.connect(os.environ["BENCH_DATABASE_URL"], autocommit=True)
    found = connection.execute(ROWS, (os.environ["BENCH_PRACTICE"], os.environ["BENCH_PATIENT"])).fetchall()
    now = datetime.now(UTC)
    return {"visits": show(as_visits(found, now, 30), now)}


def _minimal():
    config = Configurator(settings={"jinja2.trim_blocks": True})
    config.include("pyramid_jinja2")
    for folder in ("bench:templates/", "plugins.appointments:templates/", "core.web:templates/"):
        config.add_jinja2_search_path(folder)
    config.add_route("rows", "/rows")
    config.add_view(rows, route_name="rows", renderer="rows.jinja2")
    return config.make_wsgi_app()


_pages = _minimal()


def app(environ, start_response):
    """`/bare` and `/rows`."""
    return (bare if environ["PATH_INFO"] == "/bare" else _pages)(environ, start_response)
