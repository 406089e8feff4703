"""Pages of builds and their revisions."""

from django.contrib import messages
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from apps.builds.costing import Costing, cost_of
from apps.builds.filters import BuildFilter
from apps.builds.forms import BuildForm, DraftForm, ReleaseForm, RevisionForm
from apps.builds.models import BuildPart, BuildRevision, Kind, PrinterBuild, Status
from apps.builds.papers import render_bill
from apps.builds.parts_list import find_parts
from apps.builds.resources import BillResource, BuildResource
from apps.builds.tables import BuildTable
from apps.parts.models import Part
from gmtc.errors import Refused, StaleEdit
from gmtc.export import export_response
from gmtc.history import changes_since
from gmtc.searching import spellings, upper
from gmtc.views import ActionView, Chip, CreateView, DetailView, ListView, PanelView, UpdateView, permission_required

_current = BuildRevision.objects.current().filter(build=OuterRef("pk"))
_lines = (
    BuildPart.objects.filter(revision__build=OuterRef("pk"), revision__is_current=True)
    .order_by()
    .values("revision")
    .annotate(lines=Count("pk"))
)
BUILDS = PrinterBuild.objects.select_related("product").annotate(
    current_id=Subquery(_current.values("pk")),
    current_number=Subquery(_current.values("number")),
    line_count=Subquery(_lines.values("lines")),
)


class BuildList(ListView):
    permission = "builds.view_printerbuild"
    template_name = "builds/build_list.html"
    queryset = BUILDS
    filterset_class = BuildFilter
    table_class = BuildTable
    resource_class = BuildResource
    export_permission = "builds.export_printerbuild"
    chips = (
        Chip(gettext_lazy("Printers"), {"kind": "printer"}, Q(kind=Kind.PRINTER)),
        Chip(gettext_lazy("Sub-assemblies"), {"kind": "assembly"}, Q(kind=Kind.ASSEMBLY)),
        Chip(gettext_lazy("Without a current revision"), {"state": "none"}, Q(current_number=None)),
    )

    def context(self, filterset, rows):
        context = super().context(filterset, rows)
        builds = context["rows"]
        costing = Costing([build.current_id for build in builds if build.current_id])
        for build in builds:
            build.cost = costing.of(build.current_id) if build.current_id else None
            build.margin = _margin(build)
        return context


def _margin(build):
    """Percent of the base price that is left after material; None where either is unknown."""
    if not build.cost or build.cost.missing or not build.base_price:
        return None
    return round((build.base_price - build.cost.total) * 100 / build.base_price, 1)


class BuildDetail(DetailView):
    permission = "builds.view_printerbuild"
    model = PrinterBuild
    template_name = "builds/build_detail.html"

    def record(self, *, alive: bool = False):
        rows = PrinterBuild.objects if alive else PrinterBuild.everything
        return get_object_or_404(rows.select_related("product"), pk=self.kwargs["pk"])

    def context(self, build):
        revisions = list(
            build.revisions.select_related("released_by")
            .annotate(line_count=Count("lines", filter=Q(lines__deleted_at=None)))
            .order_by("-number")
        )
        current = next((each for each in revisions if each.is_current), None)
        build.cost = None
        if current:
            current.build = build
            build.cost = cost_of(current)
        return {
            "revisions": revisions,
            "current": current,
            "cost": build.cost,
            "margin": _margin(build),
            "bill": _searched(build.cost, self.request.GET.get("q", "")) if build.cost else [],
            "test_steps": build.test_steps.all(),
        }


def _searched(cost, text: str) -> list:
    """The lines that have every word of `text` in part, item number or note."""
    words = [spellings(word) for word in text.split()]

    def fits(line) -> bool:
        said = upper(f"{line.part.search_text} {line.reference} {line.note}")
        return all(any(way in said for way in ways) for ways in words)

    return [each for each in cost.lines if fits(each.line)]


class BuildCreate(CreateView):
    permission = "builds.add_printerbuild"
    model = PrinterBuild
    form_class = BuildForm
    template_name = "builds/build_form.html"


class BuildUpdate(UpdateView):
    permission = "builds.change_printerbuild"
    model = PrinterBuild
    form_class = BuildForm
    template_name = "builds/build_form.html"


class BuildDiscard(ActionView):
    permission = "builds.delete_printerbuild"
    model = PrinterBuild
    verb = "discard"
    done = gettext_lazy("%(record)s moved to the trash.")
    undo = "builds:build_restore"

    def after(self, build):
        return build.get_absolute_url() if build.deleted_at is None else reverse("builds:build_list")


class BuildRestore(ActionView):
    permission = "builds.restore_printerbuild"
    model = PrinterBuild
    verb = "restore"
    done = gettext_lazy("%(record)s taken out of the trash.")


class BuildTrash(ListView):
    permission = "builds.restore_printerbuild"
    template_name = "builds/build_trash.html"
    queryset = PrinterBuild.everything.trashed().select_related("product")
    filterset_class = BuildFilter
    table_class = BuildTable


class BuildDraft(ActionView):
    permission = "builds.add_buildrevision"
    model = PrinterBuild
    form_class = DraftForm
    title = gettext_lazy("New revision of %(record)s")
    button = gettext_lazy("Create draft")
    done = gettext_lazy("A new draft of %(record)s is ready to be edited.")

    def after(self, build):
        newest = build.revisions.order_by("-number").first()
        return reverse("builds:revision_edit", args=[newest.pk])


@permission_required("builds.view_printerbuild")
def build_choices(request):
    """For remote selects."""
    builds = PrinterBuild.objects.search(request.GET.get("q", "")).order_by("model_number")[:50]
    return JsonResponse({"results": [{"id": each.pk, "text": each.model_number, "hint": each.name} for each in builds]})


# --- Revisions


class RevisionDetail(DetailView):
    permission = "builds.view_buildrevision"
    model = BuildRevision
    template_name = "builds/revision_detail.html"

    def record(self, *, alive: bool = False):
        rows = BuildRevision.objects if alive else BuildRevision.everything
        return get_object_or_404(rows.select_related("build__product", "released_by"), pk=self.kwargs["pk"])

    def context(self, revision):
        cost = cost_of(revision)
        return {"cost": cost, "bill": _searched(cost, self.request.GET.get("q", ""))}


@permission_required("builds.change_buildrevision")
def revision_edit(request, pk):
    """The bill as one editable table; it is written as a whole, with the version that was read."""
    record = get_object_or_404(BuildRevision.objects.select_related("build__product"), pk=pk)
    try:
        record.refuse_edit()
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(record)
    if request.method != "POST":
        return _edit_page(request, RevisionForm(record=record, user=request.user))
    form = RevisionForm(request.POST, record=record, user=request.user)
    if not form.is_valid():
        return _edit_page(request, form, status=422)
    try:
        form.save()
    except StaleEdit as conflict:
        form.data = form.data.copy()
        form.data["version"] = conflict.record.version
        changes = changes_since(conflict.record, conflict.since)
        return _edit_page(request, form, status=409, changes=changes)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _edit_page(request, form, status=422)
    messages.success(request, _("%(record)s saved.") % {"record": record})
    return redirect(record)


def _edit_page(request, form, *, status: int = 200, **extra):
    context = {"form": form, "record": form.record, "model": BuildRevision} | extra
    return render(request, "builds/revision_form.html", context, status=status)


@permission_required("builds.change_buildrevision")
def revision_paste(request, pk):
    """Rows copied out of a spreadsheet, as lines of the table: part, quantity, item number, note."""
    record = get_object_or_404(BuildRevision.objects.all(), pk=pk)
    rows = [line.split("\t") for line in request.POST.get("text", "").splitlines() if line.strip()][:2_000]
    names = [row[0].strip()[:200] for row in rows]
    matches = find_parts(name for name in names if "\x00" not in name)
    parts = Part.objects.in_bulk({match.parts[0] for match in matches.values() if len(match.parts) == 1})
    lines, unknown = [], []
    for name, row in zip(names, rows, strict=True):
        match = matches.get(name)
        part = parts.get(match.parts[0]) if match and len(match.parts) == 1 else None
        if part is None:
            unknown.append(name)
            continue
        quantity, reference, note = ([cell.strip() for cell in row[1:4]] + ["1", "", ""][len(row[1:4]) :])[:3]
        lines.append(({"part": part, "typed": quantity or "1", "reference": reference, "note": note}, ""))
    context = {"record": record, "lines": lines, "unknown": unknown}
    return render(request, "builds/revision_form.html#pasted", context)


class RevisionAction(ActionView):
    model = BuildRevision


class RevisionRelease(RevisionAction):
    permission = "builds.release_buildrevision"
    form_class = ReleaseForm
    template_name = "builds/revision_release.html"
    title = gettext_lazy("Release %(record)s")
    button = gettext_lazy("Release")
    done = gettext_lazy("%(record)s is released and current.")

    def context(self, revision):
        return {"warnings": revision.warnings(), "current": revision.build.current}


class RevisionMakeCurrent(RevisionAction):
    permission = "builds.release_buildrevision"
    verb = "make_current"
    done = gettext_lazy("%(record)s is the current revision now.")


class RevisionRetire(RevisionAction):
    permission = "builds.release_buildrevision"
    verb = "retire"
    done = gettext_lazy("%(record)s is retired.")


class RevisionDiscard(RevisionAction):
    permission = "builds.delete_buildrevision"
    verb = "discard"
    done = gettext_lazy("%(record)s moved to the trash.")
    undo = "builds:revision_restore"

    def after(self, revision):
        return revision.build.get_absolute_url()


class RevisionRestore(RevisionAction):
    permission = "builds.delete_buildrevision"
    verb = "restore"
    done = gettext_lazy("%(record)s taken out of the trash.")


@permission_required("builds.view_buildrevision")
def revision_compare(request, pk):
    """What changed since another revision, `?with=`; by default the one before."""
    record = get_object_or_404(BuildRevision.everything.select_related("build"), pk=pk)
    others = list(record.build.revisions.exclude(pk=record.pk).order_by("-number"))
    for other in others:
        other.build = record.build
    wanted = request.GET.get("with", "")
    chosen = next((each for each in others if str(each.pk) == wanted), None) or next(
        (each for each in others if each.number < record.number), others[0] if others else None
    )
    context = {
        "record": record,
        "others": others,
        "chosen": chosen,
        "comparison": record.compare(chosen) if chosen else None,
    }
    return render(request, "builds/revision_compare.html", context)


@permission_required("builds.export_buildrevision")
def revision_export(request, pk, format):
    record = get_object_or_404(BuildRevision.everything.all(), pk=pk)
    return export_response(record.lines.order_by("position"), BillResource, format=format, request=request)


@permission_required("builds.view_buildrevision")
def revision_pdf(request, pk):
    record = get_object_or_404(BuildRevision.everything.select_related("build__product", "released_by"), pk=pk)
    content = render_bill(record, language=get_language(), with_costs="costs" in request.GET)
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="{_("bill-of-materials")}-{record.build.pk}-R{record.number}.pdf"'
        },
    )


class WhereUsed(PanelView):
    """Which bills a part stands on; the page of the part loads it."""

    permission = "builds.view_buildrevision"
    model = Part
    template_name = "builds/for_part.html"

    def context(self, part):
        lines = (
            BuildPart.objects.filter(part=part, revision__deleted_at=None, revision__build__deleted_at=None)
            .exclude(revision__status=Status.RETIRED)
            .filter(Q(revision__is_current=True) | Q(revision__status=Status.DRAFT))
            .select_related("revision__build")
            .order_by(F("revision__is_current").desc(), "revision__build__model_number", "-revision__number")
        )
        return {"lines": lines[:100], "build": PrinterBuild.objects.filter(product=part).first()}
