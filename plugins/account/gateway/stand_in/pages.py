"""The hosted pages of the stand-in: paying, the payer's bank, telling who a practice is, and a desk on which what has come in is seen."""

from datetime import UTC, datetime
from urllib.parse import quote

from jinja2 import Environment, PackageLoader
from webob import Request, Response
from webob.exc import HTTPMethodNotAllowed, HTTPNotFound, HTTPSeeOther

from core.web.formats import money
from plugins.account.gateway.stand_in import accounts, cards, checkout, customers, disputes, payments
from plugins.account.gateway.stand_in.faults import Fault
from plugins.account.gateway.stand_in.state import Room, State

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self' http: https:; base-uri 'none'; frame-ancestors 'none'"
_LOST = "The payment was made, and then the way back was lost, as this test card does. Close this page: the portal finds out by itself."


class Pages:
    """Answers browsers. What is typed here stays here: only the last four digits are kept."""

    def __init__(self, state: State):
        self.state = state
        loader = PackageLoader("plugins.account.gateway.stand_in")
        self._templates = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
        self._templates.filters["money"] = money

    def __call__(self, request: Request) -> Response:
        """Answer a browser."""
        if request.method not in {"GET", "HEAD", "POST"}:
            return HTTPMethodNotAllowed()
        first, _, rest = request.path_info.strip("/").partition("/")
        page = {"pay": self._pay, "bank": self._bank, "connect": self._connect, "": self._desk, "desk": self._at_desk}.get(first)
        try:
            with self.state.change():
                response = page(request, rest) if page else HTTPNotFound()
        except Fault:
            response = HTTPNotFound()
        response.headers.update({"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"})
        response.headers["Content-Security-Policy"] = _POLICY
        return response

    def _page(self, name: str, status: int = 200, **values) -> Response:
        return Response(self._templates.get_template(f"{name}.jinja2").render(values), status=status, content_type="text/html", charset="utf-8")

    def _pay(self, request: Request, reference: str) -> Response:
        room = self.state.room_of(reference)
        session = room.get(reference, "checkout.session")
        if session["status"] != "open":
            return self._page("over", 410, session=session, back=_back(session))
        if request.method != "POST":
            return self._form(session, {}, _waiting_refusal(room, session))
        try:
            method, lost = _typed(room, request.POST)
            session = self._done_with(room, session, method)
        except cards.NumberRefused as refused:
            return self._form(session, {refused.field: str(refused)}, "", request.POST)
        except Fault as refused:
            return self._form(room.get(reference, "checkout.session"), {}, str(refused), request.POST)
        if session["status"] == "complete":
            return self._page("over", session=session, back="", lost=_LOST) if lost else HTTPSeeOther(location=_success(session))
        return HTTPSeeOther(location=f"/bank/{session['payment_intent'] or session['setup_intent']}")

    def _done_with(self, room: Room, session: dict, method: dict) -> dict:
        if session["mode"] == "payment":
            return checkout.pay(room, session, method, f"{self.state.address}/pay/{session['id']}")
        if cards.known_by(method).refusal not in ("", "kept_only", "no_account"):
            raise Fault(402, "card_error", "Your card was declined.", "card_declined")
        if not cards.known_by(method).asks:
            return checkout.leave(room, session, method)
        setup = room.get(session["setup_intent"], "setup_intent")
        way = {"return_url": f"{self.state.address}/pay/{session['id']}", "url": f"bank/{setup['id']}"}
        asked = {"status": "requires_action", "payment_method": method["id"], "next_action": {"type": "redirect_to_url", "redirect_to_url": way}}
        room.save(setup | asked)
        return session

    def _form(self, session: dict, wrong: dict, refusal: str, typed=None) -> Response:
        typed = typed or {}
        kinds = session["payment_method_types"]
        kind = typed.get("kind", "card" if "card" in kinds else "us_bank_account")
        status = 422 if wrong or refusal else 200
        known = {"cards": cards.CARDS, "accounts": cards.BANK_ACCOUNTS, "routing": cards.ROUTING_NUMBER}
        return self._page("pay", status, session=session, wrong=wrong, refusal=refusal, kinds=kinds, kind=kind, back=_back(session), **known)

    def _bank(self, request: Request, reference: str) -> Response:
        room = self.state.room_of(reference)
        intent = room.find(reference, "payment_intent") or room.get(reference, "setup_intent")
        if intent["status"] != "requires_action":
            return self._page("over", 410, session=None, back="")
        if request.method != "POST":
            return self._page("bank", intent=intent, method=room.get(intent["payment_method"], "payment_method"))
        return HTTPSeeOther(location=_after_bank(room, intent, request.POST.get("answer") == "approve"))

    def _connect(self, request: Request, reference: str) -> Response:
        room = self.state.room_of(reference)
        link = room.get(reference, "account_link")
        if link["expires_at"] < self.state.now() or link.get("used"):
            return HTTPSeeOther(location=link["refresh_url"])
        account = accounts.find(room, link["account"])
        if request.method != "POST":
            return self._page("connect", account=account, back=link["return_url"])
        accounts.told(room, account, wholly=request.POST.get("answer") != "partly")
        room.save(link | {"used": True})
        return HTTPSeeOther(location=link["return_url"])

    def _desk(self, request: Request, _rest: str) -> Response:
        rooms = [(room, room.all("payment_intent")[:20], room.all("dispute")[:20]) for room in self.state.rooms() if room.account]
        found = [{"account": room.platform().find(room.account, "account"), "paid": paid, "disputes": taken} for room, paid, taken in rooms]
        return self._page("desk", rooms=found, at=lambda seconds: datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M"))

    def _at_desk(self, request: Request, rest: str) -> Response:
        verb, _, reference = rest.partition("/")
        if request.method != "POST":
            return HTTPNotFound()
        room = self.state.room_of(reference)
        if verb in ("won", "lost"):
            disputes.decided(room, room.get(reference, "dispute"), verb == "won")
        elif verb == "pause":
            accounts.paused(room, room.get(reference, "account"))
        elif verb == "pay-out":
            accounts.pay_out(Room(self.state, room.key, reference))
        return HTTPSeeOther(location="/")


def _typed(room: Room, typed) -> tuple[dict, bool]:
    """What somebody typed as a payment method, and whether the way back is to be lost."""
    if typed.get("kind") == "us_bank_account":
        account = cards.read_bank_account(typed.get("routing", ""), typed.get("account", ""))
        return customers.new_bank_account(room, account), False
    today = datetime.fromtimestamp(room.now, UTC).date()
    card, month, year = cards.read_card(typed.get("number", ""), typed.get("expiry", ""), typed.get("code", ""), today)
    return customers.new_card(room, card, month, year), not card.answers


def _after_bank(room: Room, intent: dict, approved: bool) -> str:
    """Where the payer goes on from their bank."""
    pages = [page for page in room.all("checkout.session") if intent["id"] in (page["payment_intent"], page["setup_intent"])]
    back = intent["next_action"]["redirect_to_url"]["return_url"]
    try:
        if not pages:
            payments.answered_at_bank(room, intent, approved)
            return back
        session = checkout.after_bank(room, pages[0], approved) if pages[0]["mode"] == "payment" else _left(room, pages[0], intent, approved)
    except Fault:
        return back
    return _success(session) if session["status"] == "complete" else back


def _left(room: Room, session: dict, setup: dict, approved: bool) -> dict:
    if not approved:
        error = {"type": "card_error", "code": "setup_intent_authentication_failure", "message": "Your bank could not authenticate you."}
        room.save(setup | {"status": "requires_payment_method", "payment_method": None, "next_action": None, "last_setup_error": error})
        return session
    method = room.get(setup["payment_method"], "payment_method")
    return checkout.leave(room, session, room.save(method | {"metadata": {"approved": "yes"}}))


def _waiting_refusal(room: Room, session: dict) -> str:
    """What came of the last try on this page."""
    intent = room.find(session["payment_intent"] or session["setup_intent"] or "") or {}
    error = intent.get("last_payment_error") or intent.get("last_setup_error") or {}
    return error.get("message", "")


def _success(session: dict) -> str:
    return session["success_url"].replace("{CHECKOUT_SESSION_ID}", quote(session["id"]))


def _back(session: dict) -> str:
    return session["cancel_url"] or ""
