"""Whether a document is about the patient whose it is said to be: by birthdate, family name and given name."""

from core.people.alike import letters
from core.people.models import Patient
from plugins.summary.ccd.read import StatedPatient


def _same_family(patient: Patient, stated: StatedPatient) -> bool:
    return bool(stated.family) and letters(patient.last_name) == letters(stated.family)


def _same_given(patient: Patient, stated: StatedPatient) -> bool:
    """The given names begin with the patient's first name, or with what the patient is called; one side may tell fewer of them."""
    told = _words(" ".join(stated.given))
    return any(_begins_alike(_words(name), told) for name in (patient.first_name, patient.preferred_name))


def _begins_alike(names: list[str], told: list[str]) -> bool:
    return bool(names and told) and all(one == other for one, other in zip(names, told, strict=False))


def contradictions(patient: Patient, stated: StatedPatient | None) -> list[str]:
    """What the document says otherwise than the chart: among birthdate, family name, given name. What it leaves out does not count."""
    if stated is None:
        return []
    differs = {
        "birthdate": bool(stated.birthdate and patient.birthdate and stated.birthdate != patient.birthdate),
        "family name": bool(stated.family) and not _same_family(patient, stated),
        "given name": bool(stated.given) and not _same_given(patient, stated),
    }
    return [what for what, differing in differs.items() if differing]


def _words(names: str) -> list[str]:
    return [word for word in map(letters, names.replace(".", " ").split()) if word]
