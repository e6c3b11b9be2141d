"""The page on which one says in which language one likes to be spoken to and written to."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.view import view_config

from core.auth import profile
from core.auth.realms import OWN
from core.people import changes, languages
from core.web.forms import Form, empty_form, read_form


def _known(tag: str) -> str:
    if tag not in languages.COMMON:
        raise ValueError("Choose a language from the list.")
    return tag


class LanguageForm(BaseModel):
    """A language, or none: then the office's record counts."""

    language: Annotated[str, AfterValidator(_known)] | None = Field(None)


@view_config(route_name="auth.language", permission=OWN, request_method="GET", renderer="language.jinja2")
def language_page(request):
    """The languages, with the choice of today."""
    mine = profile.own(request.db, request.practice_id, request.identity.account_id)
    return _page(mine, empty_form(language=mine.account.language))


@view_config(route_name="auth.language", permission=OWN, request_method="POST", renderer="language.jinja2")
def choose_language(request):
    """Keep the choice for the office to see."""
    mine, form = profile.own(request.db, request.practice_id, request.identity.account_id), read_form(request, LanguageForm)
    if form.data is None:
        request.response.status = "422 Unprocessable Content"
        return _page(mine, form)
    mine.account.language = form.data.language or ""
    if mine.patient:
        details = changes.LanguageDetails(language=mine.account.language)
        changes.note_of(request.db, changes.LANGUAGE, request.practice_id, mine.patient.id, request.now, details)
    request.audit("auth.language.change", target_id=mine.account.id)
    request.session.flash("Thank you. The office sees which language you prefer.")
    return HTTPSeeOther(request.route_path("auth.profile"))


def _page(mine: profile.Own, form: Form) -> dict:
    on_file = languages.own_name(mine.patient.language) if mine.patient else ""
    whatever = ("", f"As the office has it: {on_file}" if on_file else "No wish")
    return {"form": form, "languages": [whatever, *((tag, languages.own_name(tag), tag) for tag in languages.COMMON)]}


def includeme(config) -> None:
    """Add the address."""
    config.add_route("auth.language", "/profile/language")
    config.scan("core.auth.language_views")
