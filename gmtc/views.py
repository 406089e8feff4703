"""The six kinds of page. Each finds a record, asks for one permission, calls one verb or query, and renders.

A view that would override two of these methods is better written as a function.
"""

import functools
from contextlib import suppress
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.forms import model_to_dict
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views import View
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from gmtc.alphabet import alphabetical
from gmtc.errors import Refused, StaleEdit
from gmtc.export import export_response
from gmtc.history import changes_since
from gmtc.tables import CappedPaginator

PER_PAGE = (25, 50, 100, 200)


def refuse(request, permission: str) -> HttpResponse | None:
    """Nothing where the user holds `permission`; anonymous visitors are sent to sign in, others get a 403."""
    if not request.user.is_authenticated:
        login = redirect_to_login(request.get_full_path())
        return HttpResponseClientRedirect(login.url) if request.htmx else login
    if not request.user.has_perm(permission):
        raise PermissionDenied(permission)
    return None


def next_url(request, default: str) -> str:
    """Where the form wants to go afterwards, if that lies on this site."""
    wanted = request.POST.get("next", "")
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}) else default


def permission_required(permission: str):
    """For views that are functions."""

    def decorate(view):
        @functools.wraps(view)
        def permitted(request, *args, **kwargs):
            return refuse(request, permission) or view(request, *args, **kwargs)

        return permitted

    return decorate


class Permitted(View):
    """Every address names the permission that it needs."""

    permission: str

    def dispatch(self, request, *args, **kwargs):
        return refuse(request, self.permission) or super().dispatch(request, *args, **kwargs)


@dataclass(frozen=True)
class Chip:
    """A filter that is one click away. `condition` is the same rule as a database condition, to count by."""

    label: str
    params: dict[str, str]
    condition: models.Q


class ListView(Permitted):
    """`?q=&category=&sort=&page=`: the whole page, the list alone for htmx, `?summary=1` the counts, `?export=csv`.

    The rows are what `filterset_class` leaves of `queryset`; pages, exports and bulk actions see the same ones.
    """

    template_name: str
    queryset: models.QuerySet
    filterset_class: type
    table_class: type
    resource_class: type | None = None
    export_permission: str = ""
    chips: tuple[Chip, ...] = ()
    totals: dict = {}

    def get(self, request):
        filterset = self.filterset_class(request.GET, queryset=self.queryset.all(), request=request)
        rows = filterset.qs if filterset.is_valid() else self.queryset.none()
        if kind := request.GET.get("export"):
            if not self.resource_class or not request.user.has_perm(self.export_permission):
                raise PermissionDenied(self.export_permission)
            return export_response(rows, self.resource_class, format=kind, request=request)
        if "summary" in request.GET:
            return render(request, "ui/list_summary.html", self.summary(filterset))
        return render(request, self.template_name, self.context(filterset, rows), status=200)

    def context(self, filterset, rows) -> dict:
        user, page_name = self.request.user, self.request.resolver_match.view_name
        table = self.table_class(
            rows, order_by=self.request.GET.getlist("sort") or None, hide=user.preference(page_name, "columns", None)
        )
        per_page = self.request.GET.get("per_page") or user.preference(page_name, "per_page", 50)
        # django-tables2 would page its own row objects; the templates want the records.
        per_page = int(per_page) if str(per_page) in map(str, PER_PAGE) else 50
        ordered = table.data.data
        order = [*map(alphabetical, ordered.query.order_by), "pk"]  # a tie must not put a row on two pages, or on none
        paginator = CappedPaginator(
            ordered.order_by(*order),
            per_page,
            records=self.queryset.order_by(*order),
            is_scan=bool(self.request.GET.get("q", "").strip()),
        )
        page = paginator.page(self.request.GET.get("page", 1))
        only_list = self.request.htmx and self.request.htmx.target == "list"
        return {
            "shell": "ui/bare.html" if only_list else "base.html",
            "filterset": filterset,
            "filters": self.active_filters(filterset),
            "chips": self.shown_chips(),
            "table": table,
            "show": table.show,
            "page": page,
            "rows": page.object_list,
            "per_page_choices": PER_PAGE,
            "page_name": page_name,
            "views": user.saved_views(page_name),
            "heading": capfirst(self.queryset.model._meta.verbose_name_plural),
            "can_export": bool(self.resource_class) and user.has_perm(self.export_permission),
            "is_narrowed": any(
                value for key, value in self.request.GET.items() if key not in ("sort", "page", "per_page")
            ),
        }

    def shown_chips(self) -> list[dict]:
        asked = self.request.GET
        return [
            {
                "label": chip.label,
                "query": urlencode(chip.params),
                "is_on": all(asked.get(key) == value for key, value in chip.params.items()),
            }
            for chip in self.chips
        ]

    def summary(self, filterset) -> dict:
        """Exact count, totals, and how many rows each chip would leave, in one query."""
        keys = {key for chip in self.chips for key in chip.params}
        narrowed = {key: value for key, value in self.request.GET.items() if key not in keys}
        base = self.filterset_class(narrowed, queryset=self.queryset.all(), request=self.request)
        base_rows = base.qs if base.is_valid() else self.queryset.none()
        counts = {f"chip{n}": models.Count("pk", filter=chip.condition) for n, chip in enumerate(self.chips)}
        found = base_rows.order_by().aggregate(all=models.Count("pk"), **counts)
        rows = filterset.qs if filterset.is_valid() else self.queryset.none()
        totals = rows.order_by().aggregate(
            count=models.Count("pk"), **{key: each for key, (_label, each) in self.totals.items()}
        )
        chips = self.shown_chips()
        for n, chip in enumerate(chips):
            chip["count"] = found[f"chip{n}"]
        return {
            "chips": chips,
            "all": found["all"],
            "count": totals["count"],
            "totals": [(label, totals[key]) for key, (label, _expression) in self.totals.items()],
        }

    def active_filters(self, filterset) -> list[dict]:
        """What narrows the list right now, as people read it, each to be taken away with a click."""
        found = []
        data = filterset.form.cleaned_data if filterset.form.is_valid() else {}
        for name, field in filterset.form.fields.items():
            value = data.get(name)
            if name == "q" or value in (None, ""):
                continue
            if hasattr(field, "choices") and not hasattr(field, "queryset"):
                shown = dict(field.choices).get(value, value)
            else:
                shown = {True: _("yes"), False: _("no")}.get(value, value) if isinstance(value, bool) else value
            found.append({"name": name, "label": field.label, "value": shown})
        return found


class RecordView(Permitted):
    """Base of the pages about one record; a record in the trash can still be read."""

    model: type
    template_name: str

    def record(self, *, alive: bool = False):
        rows = self.model.objects if alive else self.model.everything
        return get_object_or_404(rows.all(), pk=self.kwargs["pk"])

    def context(self, record) -> dict:
        """What the template needs besides the record; rooms override this one method."""
        return {}


class DetailView(RecordView):
    """`/parts/<uuid>/`"""

    def get(self, request, pk):
        record = self.record()
        return render(request, self.template_name, {"record": record} | self.context(record))


class PanelView(DetailView):
    """A fragment that another page loads: `hx-get="{% url 'parts:part_movements' part.pk %}"`."""


class FormPage(RecordView):
    """What creating and editing share: the form with its errors (422) or the conflict with another user (409)."""

    form_class: type
    template_name = "ui/form.html"
    title: str = ""

    def page(self, form, *, status: int = 200, **extra) -> HttpResponse:
        record = form.instance
        context = {
            "form": form,
            "record": None if record._state.adding else record,
            "title": self.title,
            "model": self.model,
            "back": self.request.GET.get("next", ""),
        }
        return render(self.request, self.template_name, context | self.context(record) | extra, status=status)

    def submit(self, form, *, done: str) -> HttpResponse:
        if not form.is_valid():
            return self.page(form, status=422)
        try:
            record = form.save()
        except StaleEdit as conflict:
            form.data = form.data.copy()
            form.data[form.add_prefix("version")] = conflict.record.version
            return self.page(form, status=409, changes=changes_since(conflict.record, conflict.since))
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
            return self.page(form, status=422)
        except ValidationError as error:
            form.add_error(None, error)
            return self.page(form, status=422)
        messages.success(self.request, done % {"record": record})
        return redirect(record)


class CreateView(FormPage):
    """`/parts/new/`; `?field=value` fills the form in advance, `?copy=<uuid>` from another record."""

    def get(self, request):
        initial = request.GET.dict()
        if "copy" in initial:
            with suppress(ValidationError):  # nonsense in the address
                source = self.model.objects.filter(pk=initial["copy"]).first()
                initial = model_to_dict(source, self.form_class.copied()) if source else {}
        return self.page(self.form_class(user=request.user, initial=initial))

    def post(self, request):
        form = self.form_class(request.POST, request.FILES, user=request.user)
        return self.submit(form, done=_("%(record)s created."))


class UpdateView(FormPage):
    """`/parts/<uuid>/edit/`"""

    def get(self, request, pk):
        return self.page(self.form_class(instance=self.record(alive=True), user=request.user))

    def post(self, request, pk):
        form = self.form_class(request.POST, request.FILES, instance=self.record(alive=True), user=request.user)
        return self.submit(form, done=_("%(record)s saved."))


class ActionView(RecordView):
    """`POST /parts/<uuid>/receive/`: one verb on one record.

    With a `form_class` GET asks its questions, in a dialog for htmx and on a page of its own without; else `verb`
    names the method. `done` is the toast; `undo` names the address that takes it back.
    """

    form_class: type | None = None
    verb: str = ""
    title: str = ""
    button: str = ""
    done: str = ""
    undo: str = ""
    danger = False
    template_name = "ui/action.html"

    def get(self, request, pk):
        record = self.record()
        form = (
            self.form_class(record=record, user=request.user, initial=request.GET.dict()) if self.form_class else None
        )
        return self.page(record, form)

    def post(self, request, pk):
        record = self.record()
        if self.form_class:
            form = self.form_class(request.POST, request.FILES, record=record, user=request.user)
            if form.is_valid() and self._has_changed(record):
                form.add_error(None, _("%(record)s was changed meanwhile. Look once more.") % {"record": record})
            if not form.is_valid() or not form.try_call():
                # Read anew: a verb that was refused late may have given it a number already that it does not have.
                return self.page(self.record(), form, status=422)
        else:
            try:
                getattr(record, self.verb)(by=request.user)
            except (Refused, ValidationError) as refusal:
                text = "; ".join(refusal.messages) if isinstance(refusal, ValidationError) else str(refusal)
                messages.error(request, text)
                return self.leave(self.after(record))
        extra = f"undo:{reverse(self.undo, args=[record.pk])}" if self.undo else ""
        messages.success(request, self.done % {"record": record}, extra_tags=extra)
        return self.leave(self.after(record))

    def _has_changed(self, record) -> bool:
        """Whether somebody saved the record after the dialog that is sent now was shown."""
        return self.request.POST.get("seen_version", "") not in ("", str(getattr(record, "version", "")))

    def page(self, record, form, *, status: int = 200):
        context = {
            "record": record,
            "form": form,
            "title": self.title % {"record": record},
            "button": self.button,
            "danger": self.danger,
            "shell": "ui/dialog.html" if self.request.htmx else "base.html",
        }
        return render(self.request, self.template_name, context | self.context(record), status=status)

    def leave(self, url: str) -> HttpResponse:
        htmx = self.request.htmx
        if not htmx:
            return redirect(url)
        # To go from a page to a place in it loads nothing: the dialog would stay open over what is old.
        if "#" in url and url.partition("#")[0] == (htmx.current_url_abs_path or "").partition("#")[0]:
            return HttpResponseClientRefresh()
        return HttpResponseClientRedirect(url)

    def after(self, record) -> str:
        return record.get_absolute_url()
