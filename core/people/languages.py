"""The languages that people prefer to be spoken to and written to in, each by its own name and by its English one.

A language is a BCP 47 tag, such as `es` or `zh-Hans`, as in a patient's chart.
"""

from functools import lru_cache

from babel import Locale, UnknownLocaleError

# Those that are spoken most in American homes, the most frequent first, as far as their own names are known.
COMMON = (
    "en", "es", "zh-Hans", "zh-Hant", "yue", "fil", "vi", "ar", "fr", "ko", "pt", "ht", "ru", "hi", "de", "pl", "it", "ur", "fa", "ja", "gu", "te",
    "bn", "pa", "ta", "uk", "he", "hy", "km", "lo", "th", "am", "so", "sw", "ne", "el", "ro", "tr", "my",
)  # fmt: skip


@lru_cache(maxsize=512)
def own_name(tag: str) -> str:
    """What its speakers call a language: "Español". A tag that nobody knows is shown as it is."""
    locale = _locale(tag)
    name = _name(locale, locale) if locale else tag
    return name[:1].upper() + name[1:]


@lru_cache(maxsize=512)
def english_name(tag: str) -> str:
    """What an English-speaking office calls it: "Spanish"; nothing for none."""
    locale = _locale(tag)
    return _name(locale, Locale("en")) if locale else tag


def _name(locale: Locale, reader: Locale) -> str:
    # Not the country: "English (United States)" is English to both sides. The script counts where it was said.
    return Locale(locale.language, script=locale.script).get_display_name(reader) or ""


def _locale(tag: str) -> Locale | None:
    try:
        return Locale.parse(tag, sep="-") if tag else None
    except (UnknownLocaleError, ValueError):
        return None
