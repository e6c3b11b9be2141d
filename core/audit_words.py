"""What was done, in words: an action of the audit log as a sentence, and which kind of act it is."""

from core.audit_sentences import WHOLE

VERBS = {
    "view": "Opened", "open": "Opened", "find": "Searched", "download": "Downloaded", "print": "Printed", "send": "Sent", "receive": "Received",
    "share": "Shared", "mail": "Sent by e-mail", "make": "Made", "add": "Added", "create": "Added", "change": "Changed", "update": "Changed",
    "remove": "Removed", "delete": "Removed", "confirm": "Confirmed", "cancel": "Cancelled", "book": "Booked", "request": "Asked for",
    "sign": "Signed", "pay": "Paid", "import": "Took in", "export": "Exported", "assign": "Assigned",
    "offer": "Offered", "publish": "Published", "notify": "Told of", "decline": "Declined", "void": "Took back", "stop": "Stopped",
    "settle": "Marked as done:", "reopen": "Marked as waiting again:", "answer": "Answered",
    "match": "Put on the account:", "refund": "Marked as paid back:", "dropped": "Left undone, because the tab was off:",
}  # fmt: skip
THINGS = {
    "list": "the list", "visit": "a visit", "statement": "a statement", "ledger": "the account history", "payment": "a payment", "estimate": "a good-faith estimate", "estimate list": "the list of estimates", "guest payment": "a payment made without signing in",
    "entry": "a line of a ledger", "statement batch": "many statements", "statement list": "the list of statements", "statement preview": "a statement before it was made",
    "aging": "what is owed and for how long", "books": "what happened on accounts, by day", "pay request": "a request to pay", "pay request list": "the list of requests to pay",
    "online": "online payments", "method": "a card or bank account for paying",
    "payment plan": "a payment plan", "payment plan list": "the list of payment plans", "payment plan pause": "a pause of a payment plan",
    "receipt": "a receipt", "plan": "a treatment plan", "signature": "the signed copy of a treatment plan", "signature list": "the list of signed treatment plans", "document": "a health document", "image": "an image", "message": "a message",
    "form": "a form", "grant": "who may see this record", "invitation": "an invitation", "record": "the record", "task": "a task",
    "audit": "the audit log", "staff": "the list of staff", "unmatched": "who could not be matched",
}  # fmt: skip
_LOOKING, _TAKING = frozenset({"view", "open", "find", "switch_person"}), frozenset({"download", "print", "export"})
_ENTERING = ("auth.sign_in", "auth.sign_out", "auth.second.", "auth.passkey", "auth.link.", "auth.proof", "auth.welcome.", "auth.invitation.", "auth.register.", "auth.forgot.", "auth.offices.enter")
KINDS = {
    "sign_in": "Signing in and out",
    "failure": "Failed tries",
    "view": "Opened",
    "download": "Downloaded or printed",
    "change": "Changed",
    "grant": "Access given and taken away",
    "staff": "Staff",
}
"""The kinds of act, in words."""


def sentence(action: str) -> str:
    """What was done, in words: "account.statement.download" is "Downloaded a statement"; an action that is new is still readable."""
    if action in WHOLE:
        return WHOLE[action]
    words = [_plain(part) for part in action.split(".")[1:] if part]
    if not words:
        return "Used the portal"
    verb = VERBS.get(words[-1])
    if verb is None:
        return f"Used: {' '.join(words)}"
    thing = " ".join(words[:-1])
    return f"{verb} {THINGS.get(thing, thing)}".strip()


def kind_of(action: str) -> str:
    """The kind of act that an action is; one of KINDS."""
    verb = action.rpartition(".")[2]
    if verb.endswith(("failed", "refused")):
        return "failure"
    if action.startswith("office.staff."):
        return "view" if verb in _LOOKING else "staff"
    if action.startswith("access.") or ".grant." in action:
        return "view" if verb in _LOOKING else "grant"
    if verb in _LOOKING | _TAKING:
        return "view" if verb in _LOOKING else "download"
    return "sign_in" if action.startswith(_ENTERING) and verb != "rename" else "change"


def _plain(part: str) -> str:
    return part.replace("_", " ").strip()
