"""Mails about requests for a record. They say neither whose record it is nor what is in it."""

from uuid import UUID

from core.auth import notices
from core.auth.models import Account
from core.people.models import RecordsRequest
from core.people.records_requests import OPEN
from core.tasks import Work, portal_task


@portal_task("portal.tell_of_records_request", mail="Answer to a request for a record")
def tell_of_records_request(work: Work, account_id: str) -> None:
    """Tell who asked that the office has answered."""
    notices.send_notice(work, UUID(account_id), notices.RECORDS_REQUEST, "mail/records_request", {})


@portal_task("portal.tell_office_of_records_request", mail="Last days of a request for a record")
def tell_office_of_records_request(work: Work, request_id: str, account_id: str) -> None:
    """Tell somebody of the office by which day a request must be answered, unless it has been in the meantime."""
    practice_id = work.tenant.practice_id
    request = work.db.get(RecordsRequest, (practice_id, UUID(request_id)))
    account = work.db.get(Account, (practice_id, UUID(account_id)))
    if request and request.state in OPEN and account and account.email and account.closed_at is None:
        work.send_mail(account.email, "mail/records_request_due", {"day": request.due_on, "path": f"/office/records-requests/{request.id}"})
