"""Secure messages with the office."""

from functools import partial

from core.people.charts import move_rows
from core.plugins import ActionItem, Card, Permission, PortalPlugin, Question, Tab, hookimpl
from core.tasks import enqueue
from plugins.webmail import changes, exporting, office
from plugins.webmail.models import Message
from plugins.webmail.records import KINDS
from plugins.webmail.services import notices, reading
from plugins.webmail.settings import WebMailSettings


class WebMailPlugin(PortalPlugin):
    """Secure messages with the office."""

    name = "webmail"
    title = "WebMail"
    summary = "Secure messages with the office."

    def includeme(self, config) -> None:
        """Inbox, sent messages, one page for each conversation, and writing."""
        config.add_route("webmail.home", "", inherit_slash=True)
        config.add_route("webmail.sent", "/sent")
        config.add_route("webmail.compose", "/compose")
        config.add_route("webmail.message", "/messages/{message_id}")
        config.add_route("webmail.reply", "/messages/{message_id}/reply")
        config.scan("plugins.webmail.views")
        config.scan("plugins.webmail.tasks")

    def include_office(self, config) -> None:
        """Add the pages on which the office answers."""
        office.include(config)

    @hookimpl
    def portal_tab(self, request):
        """The tab with the number of unread messages."""
        unread = reading.unread(request.practice_id, request.person.id)
        writes = "webmail.compose" if request.may(request.person, "webmail.write") else ""
        return Tab("WebMail", "webmail.home", "envelope", 40, unread, writes)

    @hookimpl
    def portal_permissions(self):
        """Reading messages, and writing them."""
        return [Permission("webmail.see", "Read messages"), Permission("webmail.write", "Write to the office", acts=True)]

    @hookimpl
    def portal_office_settings(self):
        """The note above a new message."""
        return WebMailSettings

    @hookimpl
    def portal_notice_kinds(self):
        """A message waits."""
        return [notices.MESSAGE]

    @hookimpl
    def portal_office_waiting(self):
        """Conversations that wait for an answer."""
        return [office.WAITING]

    @hookimpl
    def portal_record_kinds(self):
        """Messages from the office."""
        return KINDS

    @hookimpl
    def portal_change_kinds(self):
        """Messages that are written here."""
        return changes.KINDS

    @hookimpl
    def portal_action_items(self, request, people):
        """One item for each person whose messages wait to be read."""
        about = {"practice_id": request.practice_id, "webmail_people": [person.id for person in people]}
        return Question(reading.UNREAD_OF, about, partial(_items, request))

    @hookimpl
    def portal_home_card(self, request, person):
        """The newest unread messages; no card when all are read."""
        if not request.may_see("webmail"):
            return None
        items = reading.newest_unread(request.db, request.practice_id, person.id, most=3)
        return Card("webmail/card.jinja2", {"items": items}, order=40) if items else None

    @hookimpl
    def portal_switched(self, db, practice_id, clinic_id, on):
        """Once the tab is on again, people are told of what came meanwhile."""
        if on:
            enqueue(db, "webmail.ask_for_notices")

    @hookimpl
    def portal_patients_merged(self, db, practice_id, kept, absorbed):
        """Conversations go to the kept chart."""
        move_rows(db, practice_id, kept, absorbed, Message)

    @hookimpl
    def portal_export(self, db, practice_id, person_id):
        """Messages."""
        if person_id:
            yield from exporting.files(db, practice_id, person_id)

    @hookimpl
    def portal_erase(self, db, practice_id, person_id):
        """Messages have nothing outside the portal."""
        exporting.erase(db, practice_id, person_id)


def _items(request, person, rows: list[dict]) -> list[ActionItem]:
    whose = "your" if person.is_self else "the"
    titles = [f"Read {whose} new message" if row["messages"] == 1 else f"Read {whose} {row['messages']} new messages" for row in rows]
    text = f"The office has written to {'you' if person.is_self else person.short_name}."
    return [ActionItem(person.id, title, text, request.route_path("webmail.home"), "envelope", 30) for title in titles]


plugin = WebMailPlugin()
