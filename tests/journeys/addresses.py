"""An address of every page that a person can open: the routes come from the route table, the ids from the rows of the demo."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import chain, islice

import psycopg
from psycopg import sql

from core.auth.realms import OFFICE, realm_of

ROWS, TRIES = 2, 12


@dataclass(frozen=True)
class Route:
    """A route that answers GET."""

    name: str
    pattern: str

    @property
    def is_of_office(self) -> bool:
        """Whether it is for those who work there."""
        return realm_of(self.pattern) is OFFICE

    @property
    def parts(self) -> list[str]:
        """What stands in braces."""
        return [part.partition("}")[0] for part in self.pattern.split("{")[1:]]

    def address(self, *values: str) -> str:
        """The pattern with these in place of its parts."""
        path = self.pattern
        for part, value in zip(self.parts, values, strict=True):
            path = path.replace(f"{{{part}}}", value)
        return path


def routes(registry) -> list[Route]:
    """Every route with a view that answers GET, static files apart."""
    asked = set()
    for item in registry.introspector.get_category("views"):
        methods = item["introspectable"]["request_methods"] or ("GET",)
        if "GET" in ({methods} if isinstance(methods, str) else methods):
            asked.add(item["introspectable"]["route_name"])
    found = [item["introspectable"] for item in registry.introspector.get_category("routes")]
    return [Route(one["name"], "/" + one["pattern"].lstrip("/")) for one in found if one["name"] in asked and not one["name"].startswith("__")]


def rows_of(migrate_url: str, slug: str) -> dict[str, list[str]]:
    """The first and the newest ids of every table that the practice has rows in."""
    columns = """select table_name from information_schema.columns where table_schema = 'public' and column_name in ('id', 'practice_id')
        group by 1 having count(*) = 2"""
    with psycopg.connect(migrate_url, autocommit=True) as connection:
        found = {}
        for (table,) in connection.execute(columns).fetchall():
            query = sql.SQL("select id from {} where practice_id = (select id from practice where slug = %s) order by id").format(sql.Identifier(table))
            ids = [str(id_) for (id_,) in connection.execute(query, [slug])]
            found[table] = ids[:ROWS] + ids[ROWS:][-ROWS:]
    return {table: ids for table, ids in found.items() if ids}


def candidates(route: Route, rows: dict[str, list[str]], known: dict[str, str]) -> Iterator[str]:
    """Addresses that may lead to the page: one that is known; else with ids, those first whose table is called most like the route."""
    if route.name in known:
        return iter([known[route.name]])
    if not route.parts:
        return iter([route.pattern])

    def likeness(table: str) -> float:
        return (f"/{table}s/" in route.pattern) + SequenceMatcher(None, table, f"{route.name} {' '.join(route.parts)}").ratio()

    ordered = sorted(rows, key=likeness, reverse=True)
    return islice(chain.from_iterable(_turns(route, rows[table]) for table in ordered), TRIES)


def _turns(route: Route, ids: list[str]) -> Iterator[str]:
    """Each of the ids in the first place, the following ones in the next places."""
    for turn in range(len(ids)):
        yield route.address(*(ids[(turn + place) % len(ids)] for place in range(len(route.parts))))
