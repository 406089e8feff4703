"""The pages of an import: upload, columns, preview, result. A room has them with one line in its `urls.py`:

    IMPORT = {"model": CustomerImport, "permission": "customers.import_customer", ...}
    path("import/", include(import_pages(**IMPORT))),

where the rest are attributes of `ImportPage`; `upload` is a subclass of ImportList where the file is not all one asks.
The list page behind `list_page` shows one import's records with `?imported=<uuid>`.
"""

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from openpyxl.utils import get_column_letter

from gmtc.decimals import DecimalMark
from gmtc.errors import Refused
from gmtc.export import template_response
from gmtc.imports import RowKind, Status
from gmtc.views import Permitted

ROWS_A_PAGE = 100
RECENT = 20


class ImportOptions(forms.Form):
    """How a file is to be read. A room with an option of its own adds the field and names it in `kept`."""

    kept: tuple[str, ...] = ("decimal_mark",)

    decimal_mark = forms.ChoiceField(
        label=gettext_lazy("How numbers are written"),
        choices=[("", gettext_lazy("as the file shows")), *DecimalMark.choices],
        required=False,
        widget=forms.Select(attrs={"class": "form-select"}),
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user

    def options(self) -> dict:
        return {name: self.cleaned_data[name] for name in self.kept if self.cleaned_data.get(name)}


class UploadForm(ImportOptions):
    file = forms.FileField(
        label=gettext_lazy("File"), widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,.txt", "class": "form-control"})
    )
    field_order = ["file"]


class ImportPage(Permitted):
    """`model` is the room's DataImport."""

    permission = ""
    model = None
    list_page = ""
    template_name = ""
    detail_template = "ui/import_detail.html"
    upload_form = UploadForm
    options_form = ImportOptions

    @property
    def resource(self):
        return self.model().resource

    def found(self):
        return get_object_or_404(self.model, pk=self.kwargs["pk"])

    def shared(self) -> dict:
        """What the templates need of the room."""
        noun = self.resource._meta.model._meta
        return {
            "room": self.request.resolver_match.namespace,
            "list_page": reverse(self.list_page),
            "nouns": capfirst(noun.verbose_name_plural),
            "label": noun.label_lower,
        }

    def page(self, record, form, *, problem: str = "", status: int = 200) -> HttpResponse:
        kind = self.request.GET.get("kind", "")
        rows = record.rows.all()
        if kind in RowKind.values:
            rows = rows.filter(kind=kind)
        page = Paginator(rows, ROWS_A_PAGE).get_page(self.request.GET.get("page"))
        shown = [
            (get_column_letter(number), self.resource.column(name))
            for number, name in enumerate(record.mapping, start=1)
            if name
        ]
        counts = {
            RowKind.NEW: record.new_rows,
            RowKind.CHANGED: record.changed_rows,
            RowKind.UNCHANGED: record.unchanged_rows,
            RowKind.FAULTY: record.faulty_rows,
        }
        headings = list(zip(record.headings, record.mapping, strict=False))
        context = {
            "record": record,
            "form": form,
            "problem": problem,
            "needs_columns": bool(problem) or (record.status == Status.UPLOADED and bool(record.headings)),
            "choices": self.resource.importable(),
            "left_out": [heading for heading, name in headings if heading and not name],
            "headings": [
                (number, get_column_letter(number), heading, name)
                for number, (heading, name) in enumerate(headings, start=1)
            ],
            "columns": [column for _letter, column in shown],
            "rows": [(row, list(cells(row, shown))) for row in page.object_list],
            "page": page,
            "kind": kind,
            "chips": [("", _("All"), record.row_count), *((each, each.label, count) for each, count in counts.items())],
        }
        return render(self.request, self.detail_template, self.shared() | context, status=status)


def cells(row, shown):
    """Each cell of the preview: what was read, what it was before, what is wrong and where."""
    for letter, column in shown:
        change = row.changes.get(column.name)
        yield {
            "text": row.cells.get(column.name, ""),
            "old": change[0] if change else None,
            "is_changed": change is not None,
            "error": row.errors.get(column.name, ""),
            "address": f"{letter}{row.number}",
            "is_number": column.is_number,
        }


class ImportList(ImportPage):
    """Upload a file, take up an import again, learn what the columns mean."""

    template_name = "ui/import_list.html"

    def get(self, request):
        return self.upload_page(self.upload_form(user=request.user))

    def post(self, request):
        form = self.upload_form(request.POST, request.FILES, user=request.user)
        if form.is_valid():
            try:
                upload = self.model.upload(
                    form.cleaned_data["file"],
                    by=request.user,
                    language=get_language(),
                    options=form.options(),
                    **self.columns(form),
                )
                upload.check_rows(by=request.user)
                return redirect(upload)
            except Refused as refusal:
                form.add_error("file", str(refusal))
        return self.upload_page(form, status=422)

    def columns(self, form) -> dict:
        """What the import itself holds besides the file."""
        return {}

    def upload_page(self, form, *, status: int = 200):
        mine = self.model.objects.filter(created_by=self.request.user).exclude(status=Status.DISCARDED)
        context = {"form": form, "imports": mine[:RECENT], "columns": self.resource.importable()}
        return render(self.request, self.template_name, self.shared() | context, status=status)


class ImportTemplate(ImportPage):
    def get(self, request, format):
        return template_response(self.resource, format=format)


class ImportDetail(ImportPage):
    def get(self, request, pk):
        record = self.found()
        return self.page(record, self.options_form(initial=record.options, user=request.user))


class ImportProgress(ImportPage):
    """The fragment that the page asks for every second while a job is at work; then the page loads anew."""

    def get(self, request, pk):
        record = self.found()
        if not record.is_busy:
            return HttpResponse(headers={"HX-Refresh": "true"})
        return render(request, "ui/import_detail.html#progress", self.shared() | {"record": record})


class ImportCheck(ImportPage):
    """Check again, with the columns and options that the user chose."""

    def post(self, request, pk):
        record, form, mapping = self.found(), self.options_form(request.POST, user=request.user), None
        if record.headings:
            mapping = [request.POST.get(f"column-{number}", "") for number, _heading in enumerate(record.headings, 1)]
        try:
            record.check_rows(by=request.user, mapping=mapping, options=form.options() if form.is_valid() else None)
        except Refused as refusal:
            record.mapping = mapping or record.mapping
            return self.page(record, form, problem=str(refusal), status=422)
        return redirect(record)


class ImportAccept(ImportPage):
    def post(self, request, pk):
        record = self.found()
        try:
            record.accept(by=request.user)
        except Refused as refusal:
            messages.error(request, str(refusal))
        return redirect(record)


class ImportDiscard(ImportPage):
    def post(self, request, pk):
        record = self.found()
        try:
            record.discard(by=request.user)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect(record)
        messages.success(request, _("%(file)s was discarded.") % {"file": record})
        return redirect(f"{self.request.resolver_match.namespace}:import_list")


class ImportResume(ImportPage):
    def post(self, request, pk):
        record = self.found()
        record.resume(by=request.user)
        return redirect(record)


def import_pages(*, upload: type[ImportList] = ImportList, **options) -> list:
    return [
        path("", upload.as_view(**options), name="import_list"),
        path("template.<str:format>", ImportTemplate.as_view(**options), name="import_template"),
        path("<uuid:pk>/", ImportDetail.as_view(**options), name="import_detail"),
        path("<uuid:pk>/progress/", ImportProgress.as_view(**options), name="import_progress"),
        path("<uuid:pk>/check/", ImportCheck.as_view(**options), name="import_check"),
        path("<uuid:pk>/accept/", ImportAccept.as_view(**options), name="import_accept"),
        path("<uuid:pk>/discard/", ImportDiscard.as_view(**options), name="import_discard"),
        path("<uuid:pk>/resume/", ImportResume.as_view(**options), name="import_resume"),
    ]
