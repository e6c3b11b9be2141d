"""The yardsticks: a bare WSGI answer, and the least that Pyramid can do for a page of 50 visits.

The second one is the limit that counts: one indexed SELECT through the driver, one template with the same rows' markup, and no
sign-in, no wall, no tabs, no audit.
"""

import os
from datetime import UTC, datetime
from threading import local

import psycopg
from pyramid.config import Configurator

ROWS = """
select id, starts_at, minutes, status, confirmation, reason from appointments_appointment
where practice_id = %s and patient_id = %s order by starts_at desc limit 50
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
    return {"rows": [_words(row) for row in found]}


def _words(row) -> dict:
    id_, starts_at, minutes, status, confirmation, reason = row
    when = starts_at.astimezone(UTC)
    return {
        "id": id_,
        "month": when.strftime("%b"),
        "day": when.day,
        "when": when.strftime("%A, %B %d at %H:%M"),
        "length": f"{minutes} minutes",
        "reason": reason,
        "status": f"{status} {confirmation}",
        "past": when < datetime.now(UTC),
    }


def _minimal():
    config = Configurator(settings={"jinja2.trim_blocks": True})
    config.include("pyramid_jinja2")
    config.add_jinja2_search_path("bench:templates/")
    config.add_route("rows", "/rows")
    config.add_view(rows, route_name="rows", renderer="rows.jinja2")
    return config.make_wsgi_app()


_pages = _minimal()


def app(environ, start_response):
    """`/bare` and `/rows`."""
    return (bare if environ["PATH_INFO"] == "/bare" else _pages)(environ, start_response)
