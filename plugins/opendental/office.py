"""The office's page of the connector: connecting, trying out, starting and pausing, how far it is, what is mapped to what, and what waits for a person."""

from uuid import UUID

from pydantic import BaseModel, Field, SecretStr, field_validator
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config
from sqlalchemy import Integer, text

from core.auth.entering import need_proof
from core.plugins import OfficeItem
from core.records.kinds import kinds_at
from core.web.forms import Form, Line, empty_form, read_form
from core.web.office import OfficePage
from plugins.opendental import connecting, progress, steering, wanting
from plugins.opendental.mapping.setup import CONFIRMATIONS
from plugins.opendental.models import Connection
from plugins.opendental.pushing import PUSHED
from plugins.opendental.wire.choice import addresses_inside, connection_of, developer_key_of, has_drop

SEE, CHANGE, SETTLE = "office.sync.see", "office.opendental.change", "office.sync.settle"
PREFIX = "opendental.office"
HERE = f"{PREFIX}.connection"
ACTS = ("connect", "look", "run", "pause", "choose", "settle", "files", "disconnect")
CONNECT, LOOK, RUN, PAUSE, CHOOSE, SETTLE_PUSH, FILES, DISCONNECT = (f"{PREFIX}.{name}" for name in ACTS)
PAGE = OfficePage("Open Dental", HERE, "arrow-repeat", SEE, 46, "What comes from your Open Dental, and goes back", "practice")
_STUCK = text("""select (select count(*) from opendental_push where practice_id = :practice_id and state = 'stuck' and noted_at > :since and noted_at <= :now)
    + (select count(*) from opendental_connection where practice_id = :practice_id and is_running and problem <> '' and problem_at > :since and problem_at <= :now)
    as number""").columns(number=Integer)
WAITING = OfficeItem(
    "opendental.waiting", "Open Dental needs you", "It does not answer, or would not take something that a patient did.", "arrow-repeat", HERE, SEE, _STUCK, 12
)
MOST_REASONS = 10
WORDS = {
    "": "As in Open Dental", "unconfirmed": "Not confirmed", "asked": "Asked to confirm", "confirmed": "Confirmed", "callback": "Wants a call back", "failed": "Could not be reached",
}  # fmt: skip
LEVELS = {"write": "Read and write: one request a second", "read": "Read only: one request in five seconds", "enterprise": "Enterprise: two requests a second"}
WAYS = {"remote": "Over Open Dental’s own service", "service": "Over the API Service in your network"}


class ConnectForm(BaseModel):
    """How the office's Open Dental is reached."""

    customer_key: SecretStr = Field(title="Customer key", min_length=8, max_length=100)
    way: str = Field("remote", title="How it is reached", pattern="^(remote|service)$")
    address: Line = Field("", title="API Service", max_length=200)
    level: str = Field("write", title="What the key allows", pattern="^(read|write|enterprise)$")
    workstation: Line = Field("", title="Machine that reports changes", max_length=100)

    @field_validator("customer_key")
    @classmethod
    def _is_a_key(cls, key: SecretStr) -> SecretStr:
        plain = key.get_secret_value()
        if not (plain.isascii() and plain.isalnum()):
            raise ValueError("A customer key has letters and digits only. Copy it from Open Dental once more.")
        return key


class SettleForm(BaseModel):
    """Which one, and whether it is tried again."""

    push: UUID | None = Field(None, title="which one")
    act: str = Field("again", title="what to do", pattern="^(again|leave)$")


class ChooseForm(BaseModel):
    """What is mapped to what; the rest of the form is named by the numbers of their definitions."""

    payment_type: Line = Field("", title="Payment type", max_length=20, pattern="^[0-9]*$")
    task_list: Line = Field("", title="Task list", max_length=10)

    @field_validator("task_list")
    @classmethod
    def _is_a_number(cls, number: str) -> str:
        if number and not (number.isascii() and number.isdigit()):
            raise ValueError("The number of a task list has digits only.")
        return number


@view_config(route_name=HERE, permission=SEE, request_method="GET", renderer="opendental/office.jinja2")
def connector_page(request):
    """How the connection stands."""
    row = connection_of(request.db, request.practice_id)
    request.audit("opendental.connection.view")
    return _values(request, row, _filled(row))


@view_config(route_name=CONNECT, permission=CHANGE, request_method="POST", renderer="opendental/office.jinja2")
def connect(request):
    """Keep the key and how Open Dental is reached, and try it out."""
    need_proof(request, request.route_path(HERE))
    form, portal = read_form(request, ConnectForm), request.registry.portal
    if form.data and not developer_key_of(portal):
        form.refuse("Whoever runs this portal must set a developer key first.")
    if form.data:
        told = form.data
        try:
            row = connecting.connect(request.db, portal, request.practice_id, told.customer_key.get_secret_value(), told.way, told.address, told.level, told.workstation)
        except connecting.NotPossible as refusal:
            form.refuse(str(refusal), "address" if told.way != "remote" else "customer_key")
    if form.data is None:
        request.response.status = "422 Unprocessable Content"
        return _values(request, connection_of(request.db, request.practice_id), form)
    steering.try_out(request.db, row)
    request.audit("opendental.connection.connect", target_id=row.id)
    return _back(request, "The key is kept. The portal asks your Open Dental now; look again in a moment.")


@view_config(route_name=LOOK, permission=CHANGE, request_method="POST")
def look(request):
    """Try the connection out."""
    row = _row(request)
    steering.try_out(request.db, row)
    request.audit("opendental.connection.look", target_id=row.id)
    return _back(request, "The portal asks your Open Dental now; look again in a moment.")


@view_config(route_name=RUN, permission=CHANGE, request_method="POST")
def run(request):
    """Let it run."""
    row = _row(request)
    steering.run(request.db, row, request.now)
    request.audit("opendental.connection.run", target_id=row.id)
    return _back(request, "It runs. You can close this page: it goes on by itself.")


@view_config(route_name=PAUSE, permission=CHANGE, request_method="POST")
def pause(request):
    """Stop for a while."""
    row = _row(request)
    steering.pause(request.db, row)
    request.audit("opendental.connection.pause", target_id=row.id)
    return _back(request, "It is paused. When you let it go on, it goes on where it stopped.")


@view_config(route_name=CHOOSE, permission=CHANGE, request_method="POST", renderer="opendental/office.jinja2")
def choose(request):
    """Keep what is mapped to what."""
    row = _row(request)
    form, known = read_form(request, ChooseForm), steering.choices(request.db, row)
    if form.data is None:
        request.response.status = "422 Unprocessable Content"
        return _values(request, row, _filled(row)) | {"task_form": form}
    confirmations = {one.number: answer for one in known.confirmations if (answer := _typed(request, f"confirmation_{one.number}")) in CONFIRMATIONS}
    categories = {one.number: answer == "yes" for one in known.categories if (answer := _typed(request, f"category_{one.number}")) in ("yes", "no")}
    payment_type = form.data.payment_type if form.data.payment_type in {one.number for one in known.payment_types} else ""
    if steering.choose(request.db, row, confirmations, categories, payment_type, form.data.task_list):
        request.audit("opendental.connection.choose", target_id=row.id)
    return _back(request, "It is saved. What it concerns is read anew in the next round.")


@view_config(route_name=SETTLE_PUSH, permission=SETTLE, request_method="POST")
def settle(request):
    """Try again what Open Dental would not take, or let it be."""
    form = read_form(request, SettleForm)
    push = steering.settle(request.db, request.practice_id, form.data.push, form.data.act == "again") if form.data and form.data.push else None
    if push is None or form.data is None:
        raise HTTPNotFound()
    request.audit("opendental.push.again" if form.data.act == "again" else "opendental.push.leave", push.patient_id, push.id)
    return _back(request, "It is tried again." if form.data.act == "again" else "It is off the list. Enter it in Open Dental by hand where that is needed.")


@view_config(route_name=FILES, permission=SETTLE, request_method="POST")
def try_files_again(request):
    """Fetch anew what was not taken."""
    row = _row(request)
    steering.try_files_again(request.db, row)
    request.audit("opendental.files.again", target_id=row.id)
    return _back(request, "They are fetched again, one after another.")


@view_config(route_name=DISCONNECT, permission=CHANGE, request_method="POST")
def disconnect(request):
    """Forget the key."""
    row = _row(request)
    need_proof(request, request.route_path(HERE))
    request.audit("opendental.connection.disconnect", target_id=row.id)
    steering.disconnect(request.db, row)
    return _back(request, "It is disconnected, and the key is forgotten. What came in stays; nothing new comes in.")


def _values(request, row: Connection | None, form: Form) -> dict:
    portal = request.registry.portal
    shown = {
        "row": row, "form": form, "may_change": CHANGE in request.identity.permissions, "may_settle": SETTLE in request.identity.permissions,
        "is_possible": bool(developer_key_of(portal)), "inside": [(address, address) for address in addresses_inside(portal)], "words": WORDS,
        "levels": list(LEVELS.items()), "ways": list(WAYS.items()), "in_words": progress.in_words,
    }  # fmt: skip
    if row is None:
        return shown
    files = wanting.counts(request.db, request.practice_id, kinds_at(request.registry, request.practice_id))
    return shown | {
        "files": files, "files_rest": progress.files(row, files.waiting), "refused_files": wanting.refused(request.db, request.practice_id, MOST_REASONS), "has_drop": has_drop(portal),
        "progress": progress.progress(request.db, request.practice_id, row), "first_load": progress.first_load(row), "details": progress.details(row),
        "choices": steering.choices(request.db, row), "stuck": steering.pushes(request.db, request.practice_id, "stuck"),
        "how_many": steering.how_many(request.db, request.practice_id), "patients": row.counts.get(progress.PATIENTS, 0), "pushed": PUSHED,
        "task_form": empty_form(task_list=row.choices.get("task_list", "")),
    }  # fmt: skip


def _filled(row: Connection | None) -> Form:
    values = {"way": row.way, "level": row.level, "address": row.address, "workstation": row.workstation} if row else {"way": "remote", "level": "write"}
    return empty_form(**values)


def _row(request) -> Connection:
    row = connection_of(request.db, request.practice_id)
    if row is None:
        raise HTTPNotFound()
    return row


def _typed(request, name: str) -> str:
    answer = request.POST.get(name, "")
    return answer if isinstance(answer, str) else ""


def _back(request, words: str) -> HTTPSeeOther:
    request.session.flash(words)
    return HTTPSeeOther(request.route_path(HERE))


def include(config) -> None:
    """Add the page, below `/office/opendental`, and what stands in the bar."""
    config.add_route(HERE, "/connection")
    for act in ACTS:
        config.add_route(f"{PREFIX}.{act}", f"/{act}")
    config.scan("plugins.opendental.office")
    config.add_office_page(PAGE)
