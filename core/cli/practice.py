"""A practice of the installation in the environment, for commands that work in one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import click


@dataclass
class AtPractice:
    """What a command works with; it commits by itself."""

    registry: Any
    session: Any
    id: UUID
    now: datetime


@contextmanager
def at_practice(slug: str) -> Iterator[AtPractice]:
    """The practice with this slug; what cannot be is said in one sentence."""
    from core import config
    from core.app import configure
    from core.auth.access import CannotGiveAccess
    from core.auth.staff_rules import CannotChangeStaff
    from core.auth.unmatched import NotWaiting
    from core.db import SessionFactory, bind_tenant

    registry = configure(config.load()).make_wsgi_app().registry
    try:
        practice_id = registry.tenants.practice_at(f"{slug}.{registry.portal.base_domain}")
        if practice_id is None:
            raise click.ClickException(f"There is no practice called {slug!r}.")
        with SessionFactory(bind=registry.engine) as session:
            bind_tenant(session, practice_id)
            yield AtPractice(registry, session, practice_id, datetime.now(UTC))
    except (CannotGiveAccess, CannotChangeStaff, NotWaiting) as error:
        raise click.ClickException(str(error)) from None
    finally:
        registry.engine.dispose()
