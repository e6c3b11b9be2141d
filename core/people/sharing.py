"""Who may see a record, who could, and what is offered, in words."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import NamedTuple
from uuid import UUID

from core.auth.standing import Holder
from core.people import words
from core.people.family import BY_ACCOUNT, GIVEN_BY
from core.people.grants import periods, plain
from core.people.models import AccessOffer

_GIVEN = {GIVEN_BY: "the office’s records", "office": "the office"}


class Share(NamedTuple):
    """Access that somebody has, or had: since when, by whom, and what `allowed` says. `grant_id` is there when it can be ended here."""

    who: str
    relation: str
    allowed: str
    since: datetime
    giver_id: UUID | None
    given: str
    grant_id: UUID | None = None
    until: datetime | None = None
    ended_by_id: UUID | None = None
    ended_by: str = ""


def current(holders: Iterable[Holder], now: datetime, titles: Mapping[str, str], zone: tzinfo) -> list[Share]:
    """What holds now or is to come; what somebody has from one giver stands together, with its changes ahead."""
    together: dict[tuple, list[Holder]] = {}
    for holder in holders:
        if not holder.is_over(now):
            together.setdefault((holder.account_id, holder.relation, holder.given_by, holder.giver_id), []).append(holder)
    return [_share(some, now, titles, zone) for some in together.values()]


def _share(holders: Sequence[Holder], now: datetime, titles: Mapping[str, str], zone: tzinfo) -> Share:
    first = min(holders, key=lambda holder: holder.since)
    found = periods((plain(right, holder.since, holder.until) for holder in holders for right in holder.rights), now)
    can_end = None if first.given_by == GIVEN_BY else first.grant_id
    return Share(first.who, first.relation, words.allowed("They", found, titles, zone), first.since, *_given(first), can_end)


def former(holders: Iterable[Holder], now: datetime, titles: Mapping[str, str]) -> list[Share]:
    """What has ended, the latest first."""
    over = sorted((holder for holder in holders if holder.is_over(now)), key=lambda holder: holder.until or now, reverse=True)
    return [
        Share(one.who, one.relation, words.could("They", one.rights, titles), one.since, *_given(one), None, one.until, one.ended_by_id, one.ended_by)
        for one in over
    ]


def offered(offer: AccessOffer, titles: Mapping[str, str]) -> str:
    """What an offer would allow."""
    return words.would("They", frozenset(offer.rights), titles)


def _given(holder: Holder) -> tuple[UUID | None, str]:
    return holder.giver_id, holder.giver if holder.given_by == BY_ACCOUNT else _GIVEN.get(holder.given_by, holder.given_by)

