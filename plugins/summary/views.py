"""The Summary tab."""

from uuid import UUID

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config

from core.auth.entering import need_proof
from core.files.disposition import content_disposition
from core.web.file_views import LOCKED, send_file
from plugins.summary.ccd.codes import SMOKING
from plugins.summary.services import chart, documents, own, page

# Nothing in a document from outside can act: no script, no form, nothing loaded from elsewhere. It keeps the portal's origin
# so that the page around it can measure it and give it its height; without scripts it can do nothing with that.
CONFINED = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'; sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
)

PROVEN = "proven"
"""Stands in the address of the page for whoever has just shown who they are, and wants the download."""


@view_config(route_name="summary.home", permission="summary.see", request_method="GET", renderer="summary/home.jinja2")
def home(request):
    """The care summary from the practice's own records, and the documents from outside."""
    held, received = chart.load_with_documents(request.db, request.practice_id, request.person.id, request.tenant.time_zone)
    request.audit("summary.document.view", request.person.id)
    return {
        "page": page.page_of(held),
        "documents": received,
        "missing": own.missing(held.subject),
        "smoking_words": SMOKING,
        "is_proven": PROVEN in request.GET,
    }


@view_config(route_name="summary.download", permission="summary.download", request_method="GET")
def download(request):
    """The care summary as a Continuity of Care Document: all at once, so whoever takes it along shows first that it is they."""
    need_proof(request, back=request.route_path("summary.home", _query={PROVEN: "yes"}))
    try:
        document_id, data = own.make(request.db, request.tenant, request.person.id, request.now)
    except own.Incomplete:
        return HTTPSeeOther(request.route_path("summary.home"))  # which says what is missing
    request.audit("summary.document.download", request.person.id, document_id)
    return _attachment(data, f"ccd-{request.now.astimezone(request.tenant.time_zone):%Y-%m-%d}.xml")


@view_config(route_name="summary.document", permission="summary.see", request_method="GET", renderer="summary/document.jinja2")
def document(request):
    """One document from outside, in a frame of its own."""
    found, _ = _find(request)
    if not found.readable:
        request.audit("summary.document.view", request.person.id, found.id)
    return {"document": found}


@view_config(route_name="summary.document_body", permission="summary.see", request_method="GET", renderer="summary/document_body.jinja2")
def document_body(request):
    """What the document says, as HTML of our own making, confined."""
    found, key = _find(request)
    if not found.readable:
        raise HTTPNotFound()
    sections = documents.sections_of(request.files, key)
    request.audit("summary.document.view", request.person.id, found.id)
    request.response.headers.update({"Content-Security-Policy": CONFINED, "X-Frame-Options": "SAMEORIGIN"})
    return {"document": found, "sections": sections}


@view_config(route_name="summary.document_download", permission="summary.download", request_method="GET")
def document_download(request):
    """The document as it came; never shown in place, for a browser would follow the style sheet that it names."""
    found, key = _find(request)
    request.audit("summary.document.download", request.person.id, found.id)
    name = f"care-document-{found.created_on:%Y-%m-%d}.xml" if found.created_on else "care-document.xml"
    return send_file(request, key, documents.CONTENT_TYPE, name, "care-document.xml", found.size)


def _find(request):
    try:
        return documents.find(request.db, request.practice_id, request.person.id, UUID(request.matchdict["document_id"]))
    except (ValueError, documents.NoSuchDocument):
        raise HTTPNotFound() from None


def _attachment(data: bytes, name: str) -> Response:
    response = Response(body=data, content_type=documents.CONTENT_TYPE, charset="utf-8")
    response.headers["Content-Disposition"] = content_disposition(name, documents.CONTENT_TYPE, inline=False)
    response.headers["Content-Security-Policy"] = LOCKED
    return response
