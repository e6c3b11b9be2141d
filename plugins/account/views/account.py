"""The account at a glance, and its statements."""

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response
from pyramid.view import view_config

from core.files.disposition import content_disposition
from plugins.account import statement_pdf
from plugins.account.pages import id_in_address, may_pay, page_number
from plugins.account.services import ledger


@view_config(route_name="account.home", permission="account.see", request_method="GET", renderer="account/home.jinja2")
def home(request):
    """Balance, pending payments, the ledger and the statements."""
    page = page_number(request)
    overview = ledger.account_page(request.db, request.practice_id, request.person.id, request.tenant.time_zone, page)
    if page > 1 and not overview.lines:
        raise HTTPNotFound()
    request.audit("account.ledger.view", request.person.id)
    return {
        "overview": overview,
        "page": page,
        "may_pay": may_pay(request, request.person),
    }


@view_config(route_name="account.statement", permission="account.see", request_method="GET")
def statement(request):
    """A statement, shown by the browser."""
    return _pdf(request, "view")


@view_config(route_name="account.statement_file", permission="account.see", request_method="GET")
def statement_file(request):
    """A statement, to keep."""
    return _pdf(request, "download")


def _pdf(request, act: str) -> Response:
    statement_id = id_in_address(request, "statement_id")
    try:
        found = ledger.printed_statement(request.db, request.practice_id, request.person.id, statement_id)
    except ledger.StatementNotFound:
        raise HTTPNotFound() from None
    request.audit(f"account.statement.{act}", request.person.id, statement_id)
    logo = request.registry.tenants.picture(request.practice_id, request.tenant.theme.logo)
    pdf = statement_pdf.make_pdf(statement_pdf.content(found, request.tenant, logo))
    disposition = content_disposition(f"Statement {found.number}.pdf", "application/pdf", inline=act == "view")
    return Response(pdf, content_type="application/pdf", content_disposition=disposition)
