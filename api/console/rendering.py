"""Turns templates into pages: language, zone, words and permissions for every one of them. Fetches no data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.access import user_of
from api.console import words
from api.console.i18n import Catalogue, Language, language_of
from api.console.local_times import age, clock_text, offset_text
from api.console.static_files import versions
from api.problems import Problem
from api.schemas.meters import without_password
from api.services import ApiServices
from headend.domain.instants import iso
from headend.domain.kpi import KpiDefinition, ScopeKind
from headend.domain.metering import CustomerClass
from headend.domain.reading_types import ReadingType
from headend.domain.users import Permission

FOLDER = Path(__file__).parent / "templates"
Filter = Callable[..., object]


@dataclass(frozen=True, slots=True)
class _Tongue:
    """One language: its catalogue and its templates."""

    catalogue: Catalogue
    templates: Environment


class Console:
    """Renders pages of one site."""

    def __init__(self, services: ApiServices) -> None:
        self._services = services
        self._files = versions()
        self._tongues = {language: self._tongue(language) for language in Language}

    def page(
        self, request: Request, template: str, context: Mapping[str, object], *, status: int = 200
    ) -> HTMLResponse:
        """A whole page or a part of one, in the reader's language."""
        language = language_of(request)
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        content = (
            self._tongues[language]
            .templates.get_template(template)
            .render(
                **context,
                user=getattr(request.state, "user", None),
                language=language,
                here=quote(path, safe="") if request.method == "GET" else "/",
                is_at=request.url.path,
            )
        )
        return HTMLResponse(content, status, headers={"Content-Language": language, "Vary": "Cookie, Accept-Language"})

    def problem(self, request: Request, problem: Problem) -> Response:
        """A problem in words: as a part for htmx, as a page otherwise; who is not known goes to sign in."""
        is_part = request.headers.get("hx-request") == "true"
        if problem.status == 401 and request.url.path != "/sign-in":
            path = "/" if is_part or request.method != "GET" else str(request.url.path)
            target = f"/sign-in?next={quote(path, safe='')}"
            return Response(status_code=200, headers={"HX-Redirect": target}) if is_part else _see(target)
        template = "parts/problem.html" if is_part else "problem.html"
        context = {"problem": problem, "text": words.problem_words(problem.type, problem.status)}
        return self.page(request, template, context, status=problem.status)

    def missing_translations(self) -> Mapping[Language, set[str]]:
        """What was shown without a translation."""
        return {language: tongue.catalogue.missing for language, tongue in self._tongues.items()}

    def _tongue(self, language: Language) -> _Tongue:
        catalogue = Catalogue(language)
        environment = Environment(
            loader=FileSystemLoader(FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.install_gettext_callables(  # type: ignore[attr-defined]  # added by the extension
            catalogue.gettext, catalogue.ngettext, newstyle=True
        )
        environment.globals.update(
            site_name=self._services.site_name,
            zone=self._services.zone,
            words=words,
            alarms=self._services.alarms,
            Permission=Permission,
            Language=Language,
            static=self._static,
        )
        environment.filters.update(self._filters(catalogue))
        return _Tongue(catalogue, environment)

    def _static(self, name: str) -> str:
        """The address of a file; a vendored one may not have been fetched yet."""
        return self._files.get(name, f"/static/{name}")

    def _filters(self, catalogue: Catalogue) -> Mapping[str, Filter]:
        zone, clock = self._services.zone, self._services.clock

        def ago(instant: datetime) -> str:
            text, number = age(clock.now(), instant)
            return catalogue.gettext(text) % {"n": number} if "%" in text else catalogue.gettext(text)

        def label(kind: ReadingType) -> str:
            return kind.label_zh if catalogue.language is Language.ZH else kind.label_en

        def time(instant: datetime, beside: datetime | None = None) -> Markup:
            return _time(instant, zone, beside)

        def kpi_name(definition: KpiDefinition) -> str:
            return definition.name_zh if catalogue.language is Language.ZH else definition.name_en

        def kpi_text(definition: KpiDefinition) -> str:
            return definition.text_zh if catalogue.language is Language.ZH else definition.text_en

        def scope(name: str, kind: ScopeKind) -> str:
            if kind == ScopeKind.CUSTOMER_CLASS:
                return catalogue.gettext(words.CUSTOMER_CLASSES[CustomerClass(name)])
            return without_password(name) if kind == ScopeKind.LINE else name  # templates say it as a word

        told: dict[str, Filter] = {
            "kpi_name": kpi_name,
            "kpi_text": kpi_text,
            "scope": scope,
            "alarm_text": attrgetter(catalogue.language),
        }
        return {"time": time, "ago": ago, "label": label, "t": catalogue.gettext, **told}


def console_of(request: Request) -> Console:
    """The console of the application."""
    console = request.app.state.console
    assert isinstance(console, Console)
    return console


def render(request: Request, template: str, **context: object) -> HTMLResponse:
    """See `Console.page`."""
    return console_of(request).page(request, template, context)


def may(request: Request, permission: Permission) -> bool:
    """The reader's role grants it."""
    user = user_of(request)
    return user is not None and user.may(permission)


def _see(target: str) -> Response:
    return RedirectResponse(target, 303)


def _time(instant: datetime, zone: ZoneInfo, beside: datetime | None) -> Markup:
    """Date, time and offset; without the date where an instant of the same day stands beside it."""
    text = clock_text(instant, zone)
    if beside is not None and text[:10] == clock_text(beside, zone)[:10]:
        text = text[11:]
    return Markup('<time datetime="{}">{}<small>{}</small></time>').format(
        iso(instant), text, offset_text(instant, zone)
    )
