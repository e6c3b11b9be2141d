"""A signed form as a PDF, as an office would file it."""

import json
from pathlib import Path

import typst

TEMPLATE = Path(__file__).parent / "consent.typ"


def signed_form(title: str, patient: str, day: str, text: list[str]) -> bytes:
    """A form of one page that the patient has signed; `text` is its paragraphs."""
    form = {"title": title, "patient": patient, "day": day, "text": text}
    compiler = typst.Compiler(str(TEMPLATE), root=str(TEMPLATE.parent), ignore_system_fonts=True)
    made = compiler.compile(sys_inputs={"form": json.dumps(form)}, format="pdf")
    if not isinstance(made, bytes):
        raise TypeError("the library answered with pages in place of one file")
    return made
