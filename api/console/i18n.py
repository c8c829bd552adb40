"""Chinese and English. Catalogues are compiled in memory from the .po files that ship; English is in the templates."""

from __future__ import annotations

import io
from enum import StrEnum
from pathlib import Path

from babel.core import negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from starlette.requests import Request

FOLDER = Path(__file__).parent / "locale"
COOKIE = "headend_language"


class Language(StrEnum):
    """Languages of the console, with what their speakers call them."""

    ZH = "zh"
    EN = "en"

    @property
    def own_name(self) -> str:
        """As its speakers write it."""
        return "中文" if self is Language.ZH else "English"


class Catalogue:
    """The texts of one language. `missing` collects what was asked for and has no translation; tests keep it empty."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.missing: set[str] = set()
        self._translations = None if language is Language.EN else _compiled(language)

    def gettext(self, text: str) -> str:
        """The text in this language; English when it has no translation."""
        if self._translations is None:
            return text
        translated = self._translations.ugettext(text)
        if translated == text:
            self.missing.add(text)
        return translated

    def ngettext(self, one: str, many: str, count: int) -> str:
        """The form that belongs to the count."""
        if self._translations is None:
            return one if count == 1 else many
        return str(self._translations.ungettext(one, many, count))


def _compiled(language: Language) -> Translations:
    path = FOLDER / language / "LC_MESSAGES" / "messages.po"
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return Translations(compiled)


def language_of(request: Request) -> Language:
    """The language that the reader chose, or the browser asks for, or English."""
    chosen = request.cookies.get(COOKIE)
    if chosen in tuple(Language):
        return Language(chosen)
    wanted = [part.partition(";")[0].strip() for part in request.headers.get("accept-language", "").split(",")]
    known = negotiate_locale(wanted, [*Language], sep="-") or negotiate_locale(
        [tag.partition("-")[0] for tag in wanted], [*Language]
    )
    return Language(known) if known else Language.EN
