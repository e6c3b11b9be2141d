"""Pictures that come with a form: what was sent is looked at and kept at once, so that nobody has to send it twice."""

from collections.abc import Callable
from typing import BinaryIO

from core.allowance import Full
from core.safety import UnsafeFile
from core.safety.emblems import Emblem
from core.theme import MARK
from core.web.forms import Form
from tenants import looks


def sent_mark(request, form: Form, name: str, what: str, prove: Callable[[BinaryIO, str], Emblem]) -> str:
    """The mark of the picture that was sent, or else of the one that was there before. What cannot be taken is said in the form."""
    sent, kept = request.POST.get(name, ""), request.POST.get(f"{name}_mark", "")
    is_mark = isinstance(kept, str) and MARK.fullmatch(kept)
    mark = kept if is_mark and looks.has_picture(request.db, request.practice_id, kept) else ""
    if name in request.POST.getall("remove"):
        mark = ""
    # A field that was left empty is empty text, or empty bytes.
    if getattr(sent, "filename", ""):
        # The whole may be tried again after a clash in the database.
        sent.file.seek(0)
        try:
            mark = looks.keep_picture(request.db, request.practice_id, prove(sent.file, sent.filename), request.now)
        except UnsafeFile as unsafe:
            form.refuse(f"{what}: the file was not taken. {unsafe.reason}", name)
        except Full as full:
            form.refuse(f"{what}: the file was not taken. {full}", name)
    form.values[name] = mark
    return mark
