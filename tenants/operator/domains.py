"""The domains of all practices, and how each is. Nothing here tells of a patient."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from pyramid.view import view_config
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.web.forms import page_number
from tenants.addresses import domains as own_domains
from tenants.addresses import names, slugs, words
from tenants.addresses.models import Domain
from tenants.addresses.words import Words
from tenants.models import Practice
from tenants.practices import LAST_PAGE, PAGE


class Line(NamedTuple):
    """One domain: as people read it, whose it is, how it and its certificate are, and when it was looked at."""

    readable: str
    slug: str
    practice: str
    is_primary: bool
    state: Words
    certificate: Words | None
    checked_at: datetime | None


@view_config(route_name="operator.domains", permission="operator.health", request_method="GET", renderer="operator/domains.jinja2")
def domains(request):
    """All domains, those that need somebody first."""
    page = page_number(request, LAST_PAGE)
    found = listed(request.db, page)
    lines = [line(row, slug, practice, request.registry.portal.secure, request.now) for row, slug, practice in found[:PAGE]]
    return {"domains": lines, "page": page, "page_size": PAGE, "more": len(found) > PAGE and page < LAST_PAGE}


def listed(session: Session, page: int = 1, slug: str | None = None) -> Sequence:
    """Fifty domains and one more if there are more, with short address and name of their practice; those with trouble first."""
    query = select(Domain, Practice.slug, Practice.name).join(Practice, Practice.id == Domain.practice_id)
    if slug:
        query = query.where(Practice.slug == slug)
    order = (Domain.state == "ok", Domain.failing_since.is_(None), Domain.host, Practice.slug)
    return session.execute(query.order_by(*order).offset((page - 1) * PAGE).limit(PAGE + 1)).all()


def line(row: Domain, slug: str, practice: str, secure: bool, now: datetime) -> Line:
    """A domain in words; of a certificate nothing is said where there is no https or no proof."""
    certificate = words.of_certificate(row.certificate, now) if secure and row.verified_at else None
    return Line(names.readable(row.host), slug, practice, row.is_primary, words.of_domain(row), certificate, row.checked_at)


def of_practice(session: Session, practice_id: UUID, secure: bool, now: datetime) -> dict:
    """What the operator sees of the addresses of one practice."""
    lines = [line(row, "", "", secure, now) for row in own_domains.domains(session, practice_id)]
    return {"domains": lines, "former": slugs.former(session, practice_id)}
