"""How a domain and its records are, in words for people who have never seen a name server."""

from datetime import datetime
from typing import NamedTuple

from tenants.addresses import certificate, checking
from tenants.addresses.domains import KEPT_FAILING, NEW, TAKEN
from tenants.addresses.models import Domain, MailSender

SOON = 14
"""Days before its end at which a certificate should have been renewed long ago."""


class Words(NamedTuple):
    """A state: a word or two, the kind of pill, and a sentence that says what it means or what to do."""

    text: str
    kind: str
    sentence: str


_WAITING = {
    NEW: Words("Being looked at", "info", "We look at it now. Set the records below at the company where you registered the domain."),
    checking.OK: Words("Verified", "good", "The domain is yours and leads here."),
    checking.MISSING: Words("Waiting for DNS", "info", "A record is not there yet. It can take some hours until one that you have set is seen everywhere."),
    checking.WRONG: Words("DNS is not right", "warn", "Something else stands there than should. Compare the records below, sign by sign."),
    checking.UNANSWERED: Words("No answer", "warn", "The name servers of this domain did not answer. We try again by ourselves."),
    TAKEN: Words("In use elsewhere", "bad", "Another portal here uses this domain. If it is yours, ask for its removal there, or the operator."),
}
_RECORDS = {
    checking.OK: Words("Right", "good", "It stands there as it should."),
    checking.MISSING: Words("Not there yet", "info", "Nothing stands there so far."),
    checking.WRONG: Words("Not right", "warn", "Something else stands there."),
    checking.UNANSWERED: Words("No answer", "warn", "The name servers did not answer."),
}
_CERTIFICATES = {
    certificate.REFUSED: Words("Not accepted", "warn", "There is a certificate, but browsers refuse it"),
    certificate.NONE: Words("Not ready", "info", "There is no certificate for this domain yet. It is made by itself when somebody opens the domain; that can take some minutes."),
    certificate.UNREACHABLE: Words("Not reached", "warn", "Nobody answers at this domain yet. If that lasts for more than an hour, ask the operator of the portal."),
    certificate.INSIDE: Words("Not looked at", "warn", "The domain leads to an address that is not on the internet, so we do not connect to it."),
}


def of_domain(row: Domain) -> Words:
    """How a domain is. One that is verified stays so for some days when its records are gone."""
    if row.verified_at and row.failing_since:
        sentence = "Its records have changed. It still works, but the portal leaves it unless they come back."
        return Words("Records gone", "warn", sentence)
    return _WAITING[checking.OK] if row.verified_at else _WAITING[row.state]


def lost_at(row: Domain) -> datetime | None:
    """When a verified domain whose records are gone is left."""
    return row.failing_since + KEPT_FAILING if row.verified_at and row.failing_since else None


def of_sender(row: MailSender) -> Words:
    """How the sender of mails is."""
    if row.passes_since and row.failing_since:
        return Words("Records gone", "warn", "Mails still come from this address, but no longer than some hours unless its records come back.")
    return Words("In use", "good", "Mails to your patients and staff come from this address.") if row.passes_since else _WAITING[row.state]


def of_record(state: str) -> Words:
    """How one record is."""
    return _RECORDS.get(state, _RECORDS[checking.MISSING])


def of_certificate(kept: dict, now: datetime) -> Words:
    """How a certificate is."""
    if kept.get("state") == certificate.READY:
        return _ready(certificate.days_left(kept["ends_at"], now), kept["issuer"])
    words = _CERTIFICATES.get(kept.get("state", certificate.NONE), _CERTIFICATES[certificate.NONE])
    return words._replace(sentence=f"{words.sentence}: {kept['reason']}.") if kept.get("reason") else words


def _ready(days: int, issuer: str) -> Words:
    left = f"{days} days left" if days != 1 else "a day left"
    sentence = f"Issued by {issuer or 'somebody who is not named'}, {left}."
    if days <= SOON:
        return Words("Ends soon", "warn", f"{sentence} It should have been renewed by itself: please tell the operator of the portal.")
    return Words("Ready", "good", sentence)
