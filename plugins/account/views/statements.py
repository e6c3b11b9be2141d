"""Statements, invoices and receipts: the list with a summary of each, and the papers themselves."""

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response
from pyramid.view import view_config

from core.files.disposition import content_disposition
from core.papers import make_pdf
from core.web.file_views import send_file
from plugins.account import statement_pdf
from plugins.account.pages import id_in_address, page_number, pages_of, parts, seen_ids
from plugins.account.services import ledger, printing, statement_list
from plugins.account.services.papers import PDF


@view_config(route_name="account.statements", permission="account.see", request_method="GET", renderer="account/statements.jinja2")
def statements_page(request):
    """A page of statements, the newest first, and the receipts of payments that were made here."""
    page, about = page_number(request), (request.db, request.practice_id, request.person.id)
    statements, many, receipts = statement_list.statements(*about, seen_ids(request), request.tenant.time_zone, page)
    if page > 1 and not statements:
        raise HTTPNotFound()
    request.audit("account.statements.view", request.person.id)
    return {
        "statements": statements,
        "page": page,
        "pages": pages_of(request, page, len(statements), statement_list.PAGE, many),
        "receipts": receipts,
        "parts": parts(request),
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
        statement, patient = printing.find_statement(request.db, request.practice_id, request.person.id, statement_id, seen_ids(request))
    except ledger.StatementNotFound:
        raise HTTPNotFound() from None
    request.audit(f"account.statement.{act}", request.person.id, statement_id)
    if statement.file_key:
        name = f"Statement {statement.number}.pdf"
        return send_file(request, statement.file_key, PDF, name, "statement.pdf", statement.file_size, inline=act == "view")
    found = printing.printed(statement, patient)
    logo = request.registry.tenants.picture(request.practice_id, request.tenant.theme.logo)
    pdf = make_pdf(statement_pdf.content(found, request.tenant, logo), statement_pdf.STATEMENT)
    disposition = content_disposition(f"Statement {found.number}.pdf", "application/pdf", inline=act == "view")
    return Response(pdf, content_type="application/pdf", content_disposition=disposition)
