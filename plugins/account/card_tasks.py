"""Work with the card service behind the request."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import structlog

from core import outbox
from core.tasks import Work, portal_task
from plugins.account.gateway import card_account_of, card_service_at
from plugins.account.gateway.asking import CardService, CardServiceAway, CardServiceRefused
from plugins.account.services import card_accounts, comparing, fees, reports

log = structlog.get_logger("account")


@portal_task("account.take_in_event")
def take_in_event(work: Work, event_id: str) -> None:
    """Look into what the card service has reported."""
    reports.take_in(work, UUID(event_id))


@portal_task("account.compare")
def compare(work: Work) -> None:
    """Compare with the card service what happened lately."""
    for service in _services(work):
        with _unless_away():
            comparing.compare(work.db, work.tenant.practice_id, service, work.now)
    outbox.put_once(work.db, work.tenant.practice_id, "account.check_differences", {})


@portal_task("account.compare_sums")
def compare_sums(work: Work) -> None:
    """Hold all payments of the last weeks against the balance at the card service, and note what it keeps of them, and how the account stands."""
    for service in _services(work):
        with _unless_away():
            comparing.compare_sums(work.db, work.tenant.practice_id, service, work.now)
            card_accounts.take_in(work.db, work.tenant.practice_id, service.account(), work.now)
            fees.keep(work.db, work.tenant.practice_id, service, work.now)


@portal_task("account.check_differences")
def check_differences(work: Work) -> None:
    """Fail while something does not agree for long: so that whoever runs the installation sees it among what fails."""
    comparing.check_that_none_stays(work.db, work.tenant.practice_id, work.now)


def _services(work: Work) -> list[CardService]:
    registry, practice_id = work.registry, work.tenant.practice_id
    places = [work.tenant, *(registry.tenants.tenant(practice_id, clinic.id, work.tenant.version) for clinic in work.tenant.clinics)]
    current = {card_account_of(registry.portal, place) for place in places}
    accounts = comparing.accounts_to_compare(work.db, practice_id, current, work.now)
    found = [card_service_at(registry, work.tenant, account) for account in sorted(accounts)]
    return [service for service in found if service]


@contextmanager
def _unless_away() -> Iterator[None]:
    """The next round makes up for one in which the card service does not answer."""
    try:
        yield
    except (CardServiceAway, CardServiceRefused) as error:
        log.warning("not_compared", error=type(error).__name__)


@portal_task("account.clear_events")
def clear_events(work: Work) -> None:
    """Forget what the card service reported long ago."""
    reports.clear_away(work.db, work.tenant.practice_id, work.now)
