"""Pages of the parts import: upload, columns, preview, result."""

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from openpyxl.utils import get_column_letter

from apps.parts.models import PartImport
from apps.parts.resources import PartResource
from gmtc.errors import Refused
from gmtc.export import template_response
from gmtc.imports import RowKind, Status
from gmtc.spreadsheets import DecimalMark
from gmtc.views import permission_required

ROWS_A_PAGE = 100
RECENT = 20


class ImportOptions(forms.Form):
    decimal_mark = forms.ChoiceField(
        label=gettext_lazy("How numbers are written"),
        choices=[("", gettext_lazy("as the file shows")), *DecimalMark.choices],
        required=False,
    )
    creates_branches = forms.BooleanField(label=gettext_lazy("Create categories that do not exist yet"), required=False)

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        if not user.has_perm("parts.add_category"):
            del self.fields["creates_branches"]
        for name, kind in (("decimal_mark", "form-select"), ("creates_branches", "form-check-input")):
            if name in self.fields:
                self.fields[name].widget.attrs["class"] = kind

    def options(self) -> dict:
        return {name: self.cleaned_data[name] for name in ImportOptions.base_fields if self.cleaned_data.get(name)}


class UploadForm(ImportOptions):
    file = forms.FileField(
        label=gettext_lazy("File"), widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,.txt", "class": "form-control"})
    )
    field_order = ["file"]


@permission_required("parts.import_part")
def import_list(request):
    """Upload a file, take up an import again, learn what the columns mean."""
    form = UploadForm(request.POST or None, request.FILES or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            upload = PartImport.upload(
                form.cleaned_data["file"], by=request.user, language=get_language(), options=form.options()
            )
            upload.check_rows(by=request.user)
            return redirect(upload)
        except Refused as refusal:
            form.add_error("file", str(refusal))
    mine = PartImport.objects.filter(created_by=request.user)
    context = {
        "form": form,
        "imports": mine.exclude(status=Status.DISCARDED)[:RECENT],
        "columns": PartResource.importable(),
        "model": PartImport,
    }
    return render(request, "parts/import_list.html", context, status=422 if form.errors else 200)


@permission_required("parts.import_part")
def import_template(request, format):
    return template_response(PartResource, format=format)


@permission_required("parts.import_part")
def import_detail(request, pk):
    record = get_object_or_404(PartImport, pk=pk)
    return _page(request, record, ImportOptions(initial=record.options, user=request.user))


@permission_required("parts.import_part")
def import_progress(request, pk):
    """The fragment that the page asks for every second while a job is at work; then the page loads anew."""
    record = get_object_or_404(PartImport, pk=pk)
    if not record.is_busy:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "parts/import_detail.html#progress", {"record": record})


@require_POST
@permission_required("parts.import_part")
def import_check(request, pk):
    """Check again, with the columns and options that the user chose."""
    record = get_object_or_404(PartImport, pk=pk)
    form = ImportOptions(request.POST, user=request.user)
    mapping = None
    if record.headings:
        mapping = [request.POST.get(f"column-{number}", "") for number, _heading in enumerate(record.headings, 1)]
    try:
        record.check_rows(by=request.user, mapping=mapping, options=form.options() if form.is_valid() else None)
    except Refused as refusal:
        record.mapping = mapping or record.mapping
        return _page(request, record, form, problem=str(refusal), status=422)
    return redirect(record)


@require_POST
@permission_required("parts.import_part")
def import_accept(request, pk):
    record = get_object_or_404(PartImport, pk=pk)
    try:
        record.accept(by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect(record)


@require_POST
@permission_required("parts.import_part")
def import_discard(request, pk):
    record = get_object_or_404(PartImport, pk=pk)
    try:
        record.discard(by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(record)
    messages.success(request, _("%(file)s was discarded.") % {"file": record})
    return redirect("parts:import_list")


@require_POST
@permission_required("parts.import_part")
def import_resume(request, pk):
    record = get_object_or_404(PartImport, pk=pk)
    record.resume(by=request.user)
    return redirect(record)


def _page(request, record, form, *, problem: str = "", status: int = 200):
    kind = request.GET.get("kind", "")
    rows = record.rows.all()
    if kind in RowKind.values:
        rows = rows.filter(kind=kind)
    page = Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("page"))
    shown = [
        (get_column_letter(number), PartResource.column(name))
        for number, name in enumerate(record.mapping, start=1)
        if name
    ]
    counts = {
        RowKind.NEW: record.new_rows,
        RowKind.CHANGED: record.changed_rows,
        RowKind.UNCHANGED: record.unchanged_rows,
        RowKind.FAULTY: record.faulty_rows,
    }
    context = {
        "record": record,
        "form": form,
        "problem": problem,
        "needs_columns": bool(problem) or (record.status == Status.UPLOADED and bool(record.headings)),
        "choices": PartResource.importable(),
        "headings": [
            (number, get_column_letter(number), heading, name)
            for number, (heading, name) in enumerate(zip(record.headings, record.mapping, strict=False), start=1)
        ],
        "columns": [column for _letter, column in shown],
        "rows": [(row, list(_cells(row, shown))) for row in page.object_list],
        "page": page,
        "kind": kind,
        "chips": [("", _("All"), record.row_count), *((each, each.label, count) for each, count in counts.items())],
        "new_categories": record.branches.get("category", []),
    }
    return render(request, "parts/import_detail.html", context, status=status)


def _cells(row, shown):
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
