"""How a browser is told to treat a file: by what name it is saved, and whether it may be shown in place."""

import re
import unicodedata
from urllib.parse import quote

# What a browser can show without any part of the file acting: pictures, and PDF in the browser's own viewer.
SHOWN_IN_PLACE = frozenset({"image/jpeg", "image/png", "image/webp", "application/pdf"})
MOST_NAME_CHARACTERS = 120
_FORBIDDEN = re.compile(r'[\\/:*?"<>|%;\x00-\x1f\x7f]')
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def safe_name(name: str) -> str:
    """A file name that every system can save: no path, nothing invisible or turned around, at most 120 characters."""
    visible = "".join(" " if unicodedata.category(letter) in _INVISIBLE else letter for letter in unicodedata.normalize("NFC", name))
    name = " ".join(_FORBIDDEN.sub(" ", visible).split()).strip(". ")
    if len(name) > MOST_NAME_CHARACTERS:
        _, dot, ending = name.rpartition(".")
        keep = f"{dot}{ending}" if dot and len(ending) <= 5 else ""
        name = name[: MOST_NAME_CHARACTERS - len(keep)].rstrip(". ") + keep
    return name or "file"


def content_disposition(filename: str, content_type: str, inline: bool) -> str:
    """The Content-Disposition header (RFC 6266): shown in place only when asked for and safe, else saved."""
    name = safe_name(filename)
    plain = "".join(letter if letter.isascii() else "_" for letter in name)
    how = "inline" if inline and content_type in SHOWN_IN_PLACE else "attachment"
    header = f'{how}; filename="{plain}"'
    return header if plain == name else f"{header}; filename*=UTF-8''{quote(name, safe='')}"
