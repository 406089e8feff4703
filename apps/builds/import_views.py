"""Pages of the parts lists out of CAD: upload, columns, preview, correcting a row, the result."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh
from openpyxl.utils import get_column_letter

from apps.builds import parts_list
from apps.builds.forms import RowForm, TargetForm, UploadForm
from apps.builds.models import ImportStatus, PartsListImport, PartsListRow, PrinterBuild, RowKind
from gmtc.errors import Refused
from gmtc.views import ActionView, permission_required

RECENT = 20
PERMISSION = "builds.import_partslist"
COLUMNS = [
    (parts_list.REFERENCE, gettext_lazy("Item number")),
    (parts_list.FILE_NAME, gettext_lazy("File name")),
    (parts_list.AUTHOR, gettext_lazy("Author")),
    (parts_list.QUANTITY, gettext_lazy("Quantity")),
]


@permission_required(PERMISSION)
def import_list(request):
    """Upload a list, take up an import again."""
    form = UploadForm(request.POST or None, request.FILES or None, user=request.user, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        try:
            return redirect(PartsListImport.upload(form.cleaned_data["file"], by=request.user, **form.target()))
        except Refused as refusal:
            form.add_error("file", str(refusal))
    recent = PartsListImport.objects.exclude(status=ImportStatus.DISCARDED).select_related(
        "build", "revision__build", "created_by"
    )
    context = {"form": form, "imports": recent[:RECENT], "headings": parts_list.HEADINGS.items()}
    return render(request, "builds/import_list.html", context, status=422 if form.errors else 200)


@permission_required(PERMISSION)
def import_detail(request, pk):
    return _page(request, _find(pk))


@require_POST
@permission_required(PERMISSION)
def import_check(request, pk):
    """Match anew, with the columns that the user chose."""
    record = _find(pk)
    mapping = [request.POST.get(f"column-{number}", "") for number, _heading in enumerate(record.headings, 1)]
    try:
        record.check_rows(by=request.user, mapping=mapping)
    except Refused as refusal:
        record.mapping = mapping
        return _page(request, record, problem=str(refusal), status=422)
    return redirect(record)


@require_POST
@permission_required(PERMISSION)
def import_target(request, pk):
    record = _find(pk)
    form = TargetForm(request.POST, user=request.user)
    if form.is_valid():
        try:
            record.choose_target(by=request.user, **form.target())
        except Refused as refusal:
            messages.error(request, str(refusal))
    return redirect(record)


@require_POST
@permission_required(PERMISSION)
def import_accept(request, pk):
    record = _find(pk)
    if not record.build and record.model_number and not request.user.has_perm("builds.add_printerbuild"):
        raise PermissionDenied("builds.add_printerbuild")
    try:
        record.accept(by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(record)
    messages.success(
        request, _("%(revision)s is a draft now. Look it over and release it.") % {"revision": record.revision}
    )
    return redirect(record.revision)


@require_POST
@permission_required(PERMISSION)
def import_discard(request, pk):
    record = _find(pk)
    try:
        record.discard(by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(record)
    messages.success(request, _("%(file)s was discarded.") % {"file": record})
    return redirect("builds:import_list")


class RowCorrect(ActionView):
    """One row settled by hand."""

    permission = PERMISSION
    model = PartsListRow
    form_class = RowForm
    template_name = "builds/import_row.html"
    button = gettext_lazy("Take over")
    done = gettext_lazy("The row is settled.")

    def record(self, *, alive: bool = False):
        rows = PartsListRow.objects.select_related("parts_list", "part", "category")
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def page(self, record, form, *, status: int = 200):
        self.title = _("Row %(row)s") % {"row": record.number}
        return super().page(record, form, status=status)

    def after(self, row):
        return row.parts_list.get_absolute_url()

    def leave(self, url: str):
        # The same page again, with its filter and where it was scrolled to: row 150 is followed by row 151.
        return HttpResponseClientRefresh() if self.request.htmx else redirect(url)


def _find(pk) -> PartsListImport:
    rows = PartsListImport.objects.select_related("build", "revision__build", "created_by")
    return get_object_or_404(rows, pk=pk)


def _page(request, record, *, problem: str = "", status: int = 200):
    counts = record.counts()
    kind, text = request.GET.get("kind", ""), request.GET.get("q", "")
    rows = record.rows.select_related("part", "category")
    if kind in RowKind.values:
        rows = rows.filter(kind=kind)
    for word in text.split()[:8]:
        rows = rows.filter(Q(file_name__icontains=word) | Q(sku__icontains=word) | Q(part__search_text__says=word))
    total = sum(counts.values())
    context = {
        "record": record,
        "target_form": TargetForm(
            user=request.user,
            initial={
                "build": record.build if record.target else PrinterBuild.objects.named_in(record.original_name),
                "model_number": record.model_number,
            },
        ),
        "problem": problem,
        "needs_columns": bool(problem) or record.status == ImportStatus.UPLOADED,
        "choices": COLUMNS,
        "headings": [
            (number, get_column_letter(number), heading, name)
            for number, (heading, name) in enumerate(zip(record.headings, record.mapping, strict=False), start=1)
        ],
        "rows": rows,
        "total": total,
        "kind": kind,
        "chips": [("", _("All"), total), *((each.value, each.label, counts[each]) for each in RowKind)],
        "faulty": counts[RowKind.FAULTY],
        "can_accept": record.status == ImportStatus.CHECKED
        and not counts[RowKind.FAULTY]
        and bool(counts[RowKind.MATCHED] + counts[RowKind.NEW])
        and bool(record.target),
    }
    return render(request, "builds/import_detail.html", context, status=status)
