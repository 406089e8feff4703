"""The settings of the company, and the brand's files that every page and mail asks for."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.company import brand as brands
from apps.company import pictures
from apps.company.contrast import AA, is_colour, readable_on
from apps.company.forms import BankForm, BrandForm, LegalForm, TextForm
from apps.company.letterhead import stand_in
from apps.company.models import Company, DocumentText
from gmtc.errors import StaleEdit
from gmtc.history import changes_since
from gmtc.views import Permitted

FILE_CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
A_YEAR = 365 * 86_400


class SettingsPage(Permitted):
    """A tab of the settings: who may view sees it locked, who may change it saves it."""

    permission = "company.view_company"
    change_permission = "company.change_company"
    form_class: type
    template_name = "company/settings.html"
    tab: str

    def record(self):
        return Company.current()

    def may_change(self) -> bool:
        return self.request.user.has_perm(self.change_permission)

    def get(self, request, **kwargs):
        return self.page(self.form_class(instance=self.record(), user=request.user))

    def post(self, request, **kwargs):
        if not self.may_change():
            raise PermissionDenied(self.change_permission)
        form = self.form_class(request.POST, request.FILES, instance=self.record(), user=request.user)
        if not form.is_valid():
            return self.page(form, status=422)
        try:
            form.save()
        except StaleEdit as conflict:
            # What was typed stays; sent once more, it goes on top of the other's change, which is shown.
            form.data = form.data.copy()
            form.data["version"] = conflict.record.version
            return self.page(form, status=409, changes=changes_since(conflict.record, conflict.since))
        messages.success(request, _("Settings saved."))
        return redirect(request.path)

    def page(self, form, *, status: int = 200, **extra) -> HttpResponse:
        if not self.may_change():
            for field in form.fields.values():
                field.disabled = True
        context = {"form": form, "tab": self.tab, "record": form.instance, "may_change": self.may_change()}
        return render(self.request, self.template_name, context | self.context(form) | extra, status=status)

    def context(self, form) -> dict:
        return {}


class Legal(SettingsPage):
    form_class, tab = LegalForm, "legal"


class Bank(SettingsPage):
    form_class, tab = BankForm, "bank"


class BrandPage(SettingsPage):
    form_class, tab = BrandForm, "brand"
    template_name = "company/brand.html"

    def context(self, form) -> dict:
        typed = {name: form[name].value() or "" for name in brands.COLOURS}  # after a refusal, what was typed
        return contrast_context(typed)


class Texts(Permitted):
    permission = "company.view_company"

    def get(self, request):
        context = {
            "tab": "texts",
            "texts": DocumentText.objects.all(),
            "may_change": request.user.has_perm("company.change_company"),
        }
        return render(request, "company/texts.html", context)


class Text(SettingsPage):
    form_class, tab = TextForm, "texts"
    template_name = "company/text.html"

    def record(self):
        return get_object_or_404(DocumentText.objects, kind=self.kwargs["kind"], language=self.kwargs["language"])


def contrast_context(colours: dict[str, str]) -> dict:
    """Nothing for colours that are none: the form says so already."""
    if not all(map(is_colour, colours.values())):
        return {"pairs": [], "least": AA}
    return {
        "least": AA,
        "pairs": brands.measured(**colours),
        "accent_fg": readable_on(colours["accent"]),
        "accent_dark_fg": readable_on(colours["accent_dark"]),
    }


class Contrast(Permitted):
    """The measured contrasts of the colours in the address, for the live preview."""

    permission = "company.view_company"

    def get(self, request):
        colours = {name: request.GET.get(name, "") for name in brands.COLOURS}
        if not all(map(is_colour, colours.values())):
            return HttpResponseBadRequest(_("Not a colour."))
        return render(request, "company/contrast.html", contrast_context(colours))


class Picture(Permitted):
    """An uploaded picture of the brand, as the settings show it."""

    permission = "company.view_company"

    def get(self, request, field):
        stored = getattr(Company.current(), field) if field in brands.PICTURES else None
        if not stored:
            raise Http404(field)
        return picture_response(*read(stored))


# --- The brand's files: asked for by the sign-in page and by mails, so nobody needs to be signed in


def keep(response: HttpResponse, asked: str | None, current: str) -> HttpResponse:
    """The address holds a hash of the content: an up-to-date one is kept for a year, any other is asked for again."""
    fresh = asked == current
    response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable" if fresh else "public, max-age=300"
    return response


def picture_response(content: bytes, media_type: str) -> HttpResponse:
    """An SVG opened by itself is a page: it may run and load nothing."""
    response = HttpResponse(content, content_type=media_type)
    response.headers["Content-Security-Policy"] = FILE_CSP
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def read(stored) -> tuple[bytes, str]:
    with stored.open() as file:
        return file.read(), pictures.content_type(stored.name)


@login_not_required
@require_GET
def brand_css(request):
    brand = Company.current().brand
    return keep(HttpResponse(brand.css, content_type="text/css; charset=utf-8"), request.GET.get("v"), brand.hash)


@login_not_required
@require_GET
def brand_logo(request):
    """The uploaded logo or the stand-in; `?theme=dark` the one for dark grounds."""
    company = Company.current()
    dark = request.GET.get("theme") == "dark"
    stored = (company.logo_dark or company.logo) if dark else company.logo
    found = read(stored) if stored else stand_in("brand/wordmark-dark.svg" if dark else "brand/wordmark.svg")
    return keep(picture_response(*found), request.GET.get("v"), company.brand.hash)


@login_not_required
@require_GET
def brand_mark(request):
    """The square sign of the browser's tab."""
    company = Company.current()
    found = read(company.mark) if company.mark else stand_in("brand/favicon.svg")
    return keep(picture_response(*found), request.GET.get("v"), company.brand.hash)
