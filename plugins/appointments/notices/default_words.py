"""Our own words for notices, in English and Spanish: they name a time and a place, and nothing of what will be done there."""

from plugins.appointments.notices.values import ARRIVAL, CONFIRMATION, INVITATION, INVITATION_AFTER, NEW_THANKS, RECALL, REMINDER, THANKS

_STOP, _STOP_ES = "Reply STOP to end.", "Responda STOP para no recibir más."
_CALL = "If you cannot come, please call us at [ClinicPhone]."
_CALL_ES = "Si no puede venir, llámenos al [ClinicPhone]."
_LINE = "[NameF]: [ApptDate] at [ApptTimeAskedArrive]"
_LINE_ES = "[NameF]: [ApptDate] a las [ApptTimeAskedArrive]"

Words = dict[str, dict[str, str]]

_REMINDER: Words = {
    "en": {
        "subject": "Your visit at [PracticeName]",
        "body": f"Hello [NameF],\n\nWe look forward to seeing you on [ApptDate] at [ApptTimeAskedArrive] at [ClinicName].\n\n[AddToCalendar]\n\n{_CALL}",
        "text": f"[PracticeName]: Hello [NameF], we look forward to seeing you on [ApptDate] at [ApptTimeAskedArrive]. Questions? Call [ClinicPhone]. {_STOP}",
        "many_subject": "Your visits at [PracticeName]",
        "many_body": f"Hello [NameF],\n\nWe look forward to seeing you:\n\n[Appts]\n\n{_CALL}",
        "many_text": f"[PracticeName]: We look forward to seeing you. [Appts] Questions? Call [ClinicPhone]. {_STOP}",
        "line": _LINE,
    },
    "es": {
        "subject": "Su visita en [PracticeName]",
        "body": f"Hola, [NameF]:\n\nLe esperamos el [ApptDate] a las [ApptTimeAskedArrive] en [ClinicName].\n\n[AddToCalendar]\n\n{_CALL_ES}",
        "text": f"[PracticeName]: Hola, [NameF]. Le esperamos el [ApptDate] a las [ApptTimeAskedArrive]. Llame al [ClinicPhone]. {_STOP_ES}",
        "many_subject": "Sus visitas en [PracticeName]",
        "many_body": f"Hola, [NameF]:\n\nLe esperamos:\n\n[Appts]\n\n{_CALL_ES}",
        "many_text": f"[PracticeName]: Le esperamos. [Appts] Llame al [ClinicPhone]. {_STOP_ES}",
        "line": _LINE_ES,
    },
}
_CONFIRMATION: Words = {
    "en": {
        "subject": "Please confirm your visit at [PracticeName]",
        "body": f"Hello [NameF],\n\nYou have a visit on [ApptDate] at [ApptTimeAskedArrive] at [ClinicName]. Please let us know that you are coming.\n\n[ConfirmURL]\n\n{_CALL}",
        "text": f"[PracticeName]: Hello [NameF], are you coming on [ApptDate] at [ApptTimeAskedArrive]? Reply [ConfirmCode] to confirm, or open [ConfirmURL] {_STOP}",
        "many_subject": "Please confirm your visits at [PracticeName]",
        "many_body": f"Hello [NameF],\n\nPlease let us know that you are coming:\n\n[Appts]\n\n{_CALL}",
        "many_text": f"[PracticeName]: Please confirm. [Appts] Reply [ConfirmCode] to confirm all. {_STOP}",
        "line": _LINE + " [ConfirmURL]",
        "reply": "Thank you, your visit is confirmed. [PracticeName]",
    },
    "es": {
        "subject": "Confirme su visita en [PracticeName]",
        "body": f"Hola, [NameF]:\n\nTiene una visita el [ApptDate] a las [ApptTimeAskedArrive] en [ClinicName]. Díganos si viene, por favor.\n\n[ConfirmURL]\n\n{_CALL_ES}",
        "text": f"[PracticeName]: Hola, [NameF]. ¿Viene el [ApptDate] a las [ApptTimeAskedArrive]? Responda [ConfirmCode] para confirmar, o abra [ConfirmURL] {_STOP_ES}",
        "many_subject": "Confirme sus visitas en [PracticeName]",
        "many_body": f"Hola, [NameF]:\n\nDíganos si viene, por favor:\n\n[Appts]\n\n{_CALL_ES}",
        "many_text": f"[PracticeName]: Confirme, por favor. [Appts] Responda [ConfirmCode] para confirmar. {_STOP_ES}",
        "line": _LINE_ES + " [ConfirmURL]",
        "reply": "Gracias, su visita queda confirmada. [PracticeName]",
    },
}
_THANKS: Words = {
    "en": {
        "subject": "Your visit at [PracticeName] is booked",
        "body": f"Hello [NameF],\n\nThank you: your visit on [ApptDate] at [ApptTimeAskedArrive] at [ClinicName] is booked.\n\n[AddToCalendar]\n\n{_CALL}",
        "text": f"[PracticeName]: Thank you, [NameF]. Your visit on [ApptDate] at [ApptTimeAskedArrive] is booked. {_STOP}",
        "many_subject": "Your visits at [PracticeName] are booked",
        "many_body": f"Hello [NameF],\n\nThank you, these visits are booked:\n\n[Appts]\n\n{_CALL}",
        "many_text": f"[PracticeName]: Thank you, these visits are booked. [Appts] {_STOP}",
        "line": _LINE,
    },
    "es": {
        "subject": "Su visita en [PracticeName] está reservada",
        "body": f"Hola, [NameF]:\n\nGracias. Su visita del [ApptDate] a las [ApptTimeAskedArrive] en [ClinicName] está reservada.\n\n[AddToCalendar]\n\n{_CALL_ES}",
        "text": f"[PracticeName]: Gracias, [NameF]. Su visita del [ApptDate] a las [ApptTimeAskedArrive] está reservada. {_STOP_ES}",
        "many_subject": "Sus visitas en [PracticeName] están reservadas",
        "many_body": f"Hola, [NameF]:\n\nGracias, estas visitas están reservadas:\n\n[Appts]\n\n{_CALL_ES}",
        "many_text": f"[PracticeName]: Gracias, estas visitas están reservadas. [Appts] {_STOP_ES}",
        "line": _LINE_ES,
    },
}
_NEW_THANKS: Words = {
    "en": _THANKS["en"]
    | {
        "subject": "Welcome to [PracticeName]",
        "body": f"Hello [NameF],\n\nWelcome to [PracticeName]. Your first visit is on [ApptDate] at [ApptTimeAskedArrive] at [ClinicName].\n\n[AddToCalendar]\n\n{_CALL}",
        "text": f"Welcome to [PracticeName], [NameF]. Your first visit is on [ApptDate] at [ApptTimeAskedArrive]. {_STOP}",
    },
    "es": _THANKS["es"]
    | {
        "subject": "Bienvenido a [PracticeName]",
        "body": f"Hola, [NameF]:\n\nBienvenido a [PracticeName]. Su primera visita es el [ApptDate] a las [ApptTimeAskedArrive] en [ClinicName].\n\n[AddToCalendar]\n\n{_CALL_ES}",
        "text": f"Bienvenido a [PracticeName], [NameF]. Su primera visita es el [ApptDate] a las [ApptTimeAskedArrive]. {_STOP_ES}",
    },
}
_RECALL: Words = {
    "en": {
        "subject": "Time for your next visit at [PracticeName]",
        "body": "Hello [NameF],\n\nIt is time to book your next visit at [ClinicName]. Choose a time that suits you:\n\n[URL]\n\nOr call us at [ClinicPhone].",
        "text": f"[PracticeName]: Hello [NameF], it is time to book your next visit. Choose a time: [URL] {_STOP}",
        "many_subject": "Time for your family’s next visits at [PracticeName]",
        "many_body": "Hello [NameF],\n\nIt is time to book the next visits:\n\n[Appts]\n\nOr call us at [ClinicPhone].",
        "many_text": f"[PracticeName]: It is time to book the next visits. [Appts] {_STOP}",
        "line": "[NameF]: [URL]",
    },
    "es": {
        "subject": "Es hora de su próxima visita en [PracticeName]",
        "body": "Hola, [NameF]:\n\nEs hora de reservar su próxima visita en [ClinicName]. Elija una hora:\n\n[URL]\n\nO llámenos al [ClinicPhone].",
        "text": f"[PracticeName]: Hola, [NameF]. Es hora de reservar su próxima visita: [URL] {_STOP_ES}",
        "many_subject": "Es hora de las próximas visitas de su familia en [PracticeName]",
        "many_body": "Hola, [NameF]:\n\nEs hora de reservar las próximas visitas:\n\n[Appts]\n\nO llámenos al [ClinicPhone].",
        "many_text": f"[PracticeName]: Es hora de reservar las próximas visitas. [Appts] {_STOP_ES}",
        "line": "[NameF]: [URL]",
    },
}
_ARRIVAL: Words = {
    "en": {
        "subject": "When you are here, at [PracticeName]",
        "body": f"Hello [NameF],\n\nWe look forward to seeing you today at [ApptTimeAskedArrive] at [ClinicName]. When you are here, let us know:\n\n[ArriveURL]\n\n{_CALL}",
        "text": f"[PracticeName]: Hello [NameF], see you today at [ApptTimeAskedArrive]. When you are here, reply [ArriveCode] or open [ArriveURL] {_STOP}",
        "many_subject": "When you are here, at [PracticeName]",
        "many_body": f"Hello [NameF],\n\nWe look forward to seeing you today:\n\n[Appts]\n\nWhen you are here, let us know:\n\n[ArriveURL]\n\n{_CALL}",
        "many_text": f"[PracticeName]: See you today. [Appts] When you are here, reply [ArriveCode]. {_STOP}",
        "line": "[NameF] at [ApptTimeAskedArrive]",
        "reply": "Thank you, we know that you are here. [PracticeName]",
    },
    "es": {
        "subject": "Cuando llegue a [PracticeName]",
        "body": f"Hola, [NameF]:\n\nLe esperamos hoy a las [ApptTimeAskedArrive] en [ClinicName]. Cuando llegue, avísenos:\n\n[ArriveURL]\n\n{_CALL_ES}",
        "text": f"[PracticeName]: Hola, [NameF]. Le esperamos hoy a las [ApptTimeAskedArrive]. Cuando llegue, responda [ArriveCode] o abra [ArriveURL] {_STOP_ES}",
        "many_subject": "Cuando llegue a [PracticeName]",
        "many_body": f"Hola, [NameF]:\n\nLes esperamos hoy:\n\n[Appts]\n\nCuando lleguen, avísennos:\n\n[ArriveURL]\n\n{_CALL_ES}",
        "many_text": f"[PracticeName]: Les esperamos hoy. [Appts] Cuando lleguen, respondan [ArriveCode]. {_STOP_ES}",
        "line": "[NameF] a las [ApptTimeAskedArrive]",
        "reply": "Gracias, sabemos que ya está aquí. [PracticeName]",
    },
}
_INVITATION: Words = {
    "en": {
        "subject": "Your portal at [PracticeName]",
        "body": "Hello [NameF],\n\nIn the patient portal of [PracticeName] you see your visits, write to us and do much more.\n\n[PatientPortalURL]",
    },
    "es": {
        "subject": "Su portal en [PracticeName]",
        "body": "Hola, [NameF]:\n\nEn el portal de pacientes de [PracticeName] ve sus visitas, nos escribe y mucho más.\n\n[PatientPortalURL]",
    },
}
DEFAULTS: dict[str, Words] = {
    REMINDER: _REMINDER, CONFIRMATION: _CONFIRMATION, ARRIVAL: _ARRIVAL, THANKS: _THANKS, NEW_THANKS: _NEW_THANKS, RECALL: _RECALL, INVITATION: _INVITATION,
    INVITATION_AFTER: _INVITATION,
}  # fmt: skip
"""By kind, language and part."""
LINKS = {
    "en": {"ConfirmURL": "Confirm your visit", "AddToCalendar": "Add to your calendar", "URL": "Choose a time", "PatientPortalURL": "Open the portal", "ArriveURL": "I am here"},
    "es": {"ConfirmURL": "Confirmar la visita", "AddToCalendar": "Añadir al calendario", "URL": "Elegir una hora", "PatientPortalURL": "Abrir el portal", "ArriveURL": "Ya llegué"},
}
"""What the link in a mail says, for the tags that stand for an address."""
