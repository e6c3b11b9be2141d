"""The Images tab."""

from uuid import UUID

from pyramid.httpexceptions import HTTPNotFound
from pyramid.view import view_config

from core.web.file_views import send_file, stream_file
from plugins.images import shown
from plugins.images.pages import shelf_of
from plugins.images.services import gallery

MOST_PAGES = 1000


@view_config(route_name="images.home", permission="images.see", request_method="GET", renderer="images/home.jinja2")
def home(request):
    """The gallery, newest first, of all shared folders or of one."""
    number, folder_id = _page(request), _folder(request)
    page = gallery.page(shelf_of(request, request.person), folder_id, number)
    if not page.images and (folder_id or number > 1):
        raise HTTPNotFound()
    request.audit("images.list.view", request.person.id)
    count = shown.total(folder for folder in page.folders if folder_id in {None, folder.id})
    pages = _pages(request, number, count, len(page.images))
    return {"months": shown.by_month(page.images), "folders": page.folders, "folder_id": folder_id, **pages}


@view_config(route_name="images.image", permission="images.see", request_method="GET", renderer="images/image.jinja2")
def image(request):
    """One image, large, and what is known of it."""
    row = _find(request, gallery.find_between)
    request.audit("images.image.view", request.person.id, row.id)
    return {
        "image": row,
        "title": shown.title(row),
        "type": shown.TYPES[row.type],
        "details": shown.details(row),
        "may_download": bool(request.has_permission("images.download")),
    }


@view_config(route_name="images.thumbnail", permission="images.see", request_method="GET")
def thumbnail(request):
    """The small picture of a gallery."""
    return stream_file(request, _find(request).thumbnail_key, "image/webp", "thumbnail.webp", inline=True)


@view_config(route_name="images.display", permission="images.see", request_method="GET")
def display(request):
    """The large picture of an image's page; of a document, its first page."""
    return stream_file(request, _find(request).display_key, "image/jpeg", "picture.jpg", inline=True)


@view_config(route_name="images.open", permission="images.see", request_method="GET")
def open_file(request):
    """The whole file in the browser: every dot of a radiograph, every page of a document."""
    row = _find(request)
    request.audit("images.image.view", request.person.id, row.id)
    return send_file(request, row.file_key, row.content_type, shown.saved_as(row), shown.public_name(row), row.byte_size, inline=True)


@view_config(route_name="images.download", permission="images.download", request_method="GET")
def download(request):
    """The file, to be saved."""
    row = _find(request)
    request.audit("images.image.download", request.person.id, row.id)
    return send_file(request, row.file_key, row.content_type, shown.saved_as(row), shown.public_name(row), row.byte_size)


def _find(request, find=gallery.find):
    try:
        return find(shelf_of(request, request.person), UUID(request.matchdict["image_id"]))
    except (ValueError, gallery.NoSuchImage):
        raise HTTPNotFound() from None


def _folder(request) -> UUID | None:
    text = request.GET.get("folder")
    try:
        return UUID(text) if text else None
    except ValueError:
        raise HTTPNotFound() from None


def _page(request) -> int:
    text = request.GET.get("page", "1")
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= MOST_PAGES):
        raise HTTPNotFound()
    return int(text)


def _pages(request, page: int, count: int, here: int) -> dict:
    """Where this page stands among the others, and the addresses of those beside it."""
    kept = {"folder": request.GET["folder"]} if request.GET.get("folder") else {}
    first = (page - 1) * gallery.PAGE
    return {
        "count": count,
        "where": f"{first + 1:,} to {first + here:,} of {count:,}",
        "newer": request.route_path("images.home", _query={**kept, "page": page - 1}) if page > 1 else None,
        "older": request.route_path("images.home", _query={**kept, "page": page + 1}) if first + here < count else None,
    }
