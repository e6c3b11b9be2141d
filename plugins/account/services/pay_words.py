"""The words with which the office asks to be paid: ours or its own, with tags, in English and Spanish."""

from collections.abc import Mapping

from core.tagged import TAG, fill_subject, tongues
from core.tenant import Tenant

LINK = "MsgToPayURL"
TAGS = (
    "ClinicName", "ClinicPhone", LINK, "NameF", "NamePreferredOrFirst", "OfficeName", "OfficePhone", "PracticeName", "PracticePhone", "ProvAbbr", "ProvName",
    "StatementBalance", "StatementURL",
)  # fmt: skip
SUBJECT, BODY, TEXT = "subject", "body", "text"
DEFAULTS: dict[str, dict[str, str]] = {
    "en": {
        SUBJECT: "New statement from [ClinicName]",
        BODY: "Hello [NamePreferredOrFirst],\n\n[ClinicName] has a statement for you. See what is due and pay here, without a password:\n\n[MsgToPayURL]\n\nQuestions? Call [ClinicPhone].",
        TEXT: "[ClinicName] has a statement for you. See what is due and pay: [MsgToPayURL] Questions? Call [ClinicPhone].",
    },
    "es": {
        SUBJECT: "Nuevo estado de cuenta de [ClinicName]",
        BODY: "Hola, [NamePreferredOrFirst]:\n\n[ClinicName] tiene un estado de cuenta para usted. Vea lo que debe y pague aquí, sin contraseña:\n\n[MsgToPayURL]\n\n¿Preguntas? Llame al [ClinicPhone].",
        TEXT: "[ClinicName] tiene un estado de cuenta para usted. Vea lo que debe y pague: [MsgToPayURL] ¿Preguntas? Llame al [ClinicPhone].",
    },
}
NAMED = {"en": {LINK: "See what is due", "StatementURL": "Open the portal"}, "es": {LINK: "Ver lo que debo", "StatementURL": "Abrir el portal"}}
"""What the link in a mail says."""


def checked(part: str, text: str) -> str:
    """A text of the office. Raises ValueError for a tag that nobody knows, and where the link is missing; an empty one stands for ours."""
    wrong = [f"[{name}]" for name in dict.fromkeys(TAG.findall(text)) if name not in TAGS]
    if wrong:
        raise ValueError(f"Nobody knows what {', '.join(wrong)} stands for. These can be used: {', '.join(f'[{name}]' for name in TAGS)}.")
    if text and part != SUBJECT and f"[{LINK}]" not in text:
        raise ValueError(f"Put [{LINK}] where the link is to stand: without it nobody can pay.")
    if part == SUBJECT and f"[{LINK}]" in text:
        raise ValueError(f"[{LINK}] cannot stand in a subject.")
    return text


def template(tenant: Tenant, language: str, part: str) -> str:
    """A part in a language: the office's own words, else ours, else those in English."""
    for tongue in tongues(language):
        own = tenant.settings.get(f"account.ask_{part}" + ("" if tongue == "en" else f"_{tongue}"))
        if found := own or DEFAULTS.get(tongue, {}).get(part):
            return str(found)
    return DEFAULTS["en"][part]


def named(language: str) -> dict[str, str]:
    """What links say in a language."""
    return next(NAMED[tongue] for tongue in tongues(language) if tongue in NAMED)


def filled(text: str, values: Mapping[str, str], one_line: bool) -> str:
    """A text with everything put in but the link, which is made when it is sent."""
    kept = dict(values) | {LINK: f"[{LINK}]"}
    return fill_subject(text, kept) if one_line else TAG.sub(lambda tag: kept.get(tag[1], ""), text)
