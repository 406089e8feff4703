"""Pages of production jobs."""

from datetime import timedelta

from django.contrib import messages
from django.db.models import Count, Exists, F, OuterRef, Q
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from apps.builds import job_papers
from apps.builds.filters import JobFilter
from apps.builds.job_forms import (
    JobForm,
)
from apps.builds.models import (
    ACTIVE,
    OPEN,
    CheckResult,
    JobCheck,
    JobPart,
    JobStatus,
    ProductionJob,
)
from apps.builds.resources import JobResource
from apps.builds.tables import JobTable
from apps.orders.models import CustomerOrder
from apps.parts.models import Part, Procurement
from gmtc.errors import Refused
from gmtc.states import is_allowed
from gmtc.views import Chip, CreateView, DetailView, ListView, PanelView, UpdateView, permission_required

IS_SHORT = Exists(JobPart.objects.short().filter(job=OuterRef("pk"), job__status__in=ACTIVE))
JOBS = (
    ProductionJob.objects.select_related("part", "order_line__order__customer", "responsible")
    .annotate(is_short=IS_SHORT)
    .order_by("-id")
)
FLOW = [
    JobStatus.PLANNED,
    JobStatus.RELEASED,
    JobStatus.PRODUCTION,
    JobStatus.TESTING,
    JobStatus.COMPLETED,
]
SHOWN_IN_COLUMN, SHOWN_ON_BOARD = 60, 240
DONE_FOR_DAYS = 14


class JobList(ListView):
    permission = "builds.view_productionjob"
    template_name = "builds/job_list.html"
    queryset = JOBS
    filterset_class = JobFilter
    table_class = JobTable
    resource_class = JobResource
    export_permission = "builds.export_productionjob"

    @property
    def chips(self):
        today = timezone.localdate()
        return (
            Chip(gettext_lazy("Open"), {"status": "open"}, Q(status__in=OPEN)),
            Chip(gettext_lazy("Planned"), {"status": "planned"}, Q(status=JobStatus.PLANNED)),
            Chip(gettext_lazy("Released"), {"status": "released"}, Q(status=JobStatus.RELEASED)),
            Chip(gettext_lazy("In production"), {"status": "in_production"}, Q(status=JobStatus.PRODUCTION)),
            Chip(gettext_lazy("Testing"), {"status": "testing"}, Q(status=JobStatus.TESTING)),
            Chip(gettext_lazy("Late"), {"due": "late"}, Q(status__in=OPEN, due_date__lt=today)),
            Chip(gettext_lazy("Something is missing"), {"short": "true"}, Q(is_short=True)),
            Chip(gettext_lazy("Completed"), {"status": "completed"}, Q(status=JobStatus.COMPLETED)),
        )


@permission_required("builds.view_productionjob")
def job_board(request):
    """The jobs of the shop by where they stand; `?q=&mine=1` narrows it."""
    jobs = JOBS.search(request.GET.get("q", ""))
    if "mine" in request.GET:
        jobs = jobs.filter(responsible=request.user)
    recently = timezone.now() - timedelta(days=DONE_FOR_DAYS)
    found = list(
        jobs.filter(status__in=OPEN).order_by("-priority", F("due_date").asc(nulls_last=True), "pk")[:SHOWN_ON_BOARD]
    )
    done = jobs.filter(status=JobStatus.COMPLETED, completed_at__gte=recently).order_by("-completed_at")
    found += done[:SHOWN_IN_COLUMN]
    lines = (
        JobPart.objects.stocked()
        .filter(job__in=[job.pk for job in found])
        .order_by()
        .values("job")
        .annotate(all=Count("pk"), done=Count("pk", filter=Q(picked_quantity=F("quantity") - F("replaced_quantity"))))
    )
    picked = {row["job"]: row for row in lines}
    checks: dict = {}
    for key, result in JobCheck.objects.filter(job__in=[job.pk for job in found]).values_list("job", "result"):
        checks.setdefault(key, set()).add(result)
    for job in found:
        row = picked.get(job.pk)
        job.percent = round(100 * row["done"] / row["all"]) if row else None
        job.next = next_move(job, is_picked=job.percent in (None, 100), results=checks.get(job.pk, set()))
    columns = [
        {
            "status": status.value,
            "label": status.label,
            "jobs": [job for job in found if job.status == status][:SHOWN_IN_COLUMN],
        }
        for status in FLOW
    ]
    return render(request, "builds/job_board.html", {"columns": columns, "days": DONE_FOR_DAYS})


def next_move(job, *, is_picked: bool, results: set[str]) -> dict | None:
    """The one next step: its label, address, permission, the column it leads to, and whether it asks something.

    `results` are those of the job's tests.
    """
    steps = {
        JobStatus.PLANNED: ("release", _("Release"), "job_release", JobStatus.RELEASED, True),
        JobStatus.RELEASED: ("start", _("Start"), "job_start", JobStatus.PRODUCTION, False),
        JobStatus.PRODUCTION: ("test", _("To testing"), "job_test", JobStatus.TESTING, False)
        if results
        else ("complete", _("Complete"), "job_complete", JobStatus.COMPLETED, True),
        JobStatus.TESTING: ("complete", _("Complete"), "job_complete", JobStatus.COMPLETED, True),
    }
    if job.status == JobStatus.PRODUCTION and not is_picked:
        steps[JobStatus.PRODUCTION] = ("pick", _("Pick"), "job_pick", "", False)
    if job.status == JobStatus.TESTING and results - {CheckResult.PASSED}:
        steps[JobStatus.TESTING] = ("test", _("Tick off tests"), "job_detail", "", False)
    if job.status not in steps:
        return None
    verb, label, url, to, asks = steps[job.status]
    return {
        "verb": verb,
        "label": label,
        "url": reverse(f"builds:{url}", args=[job.pk]) + ("#checks" if url == "job_detail" else ""),
        "permission": f"builds.{verb}_productionjob",
        "to": str(to),
        "asks": asks,
        "is_link": url in ("job_pick", "job_detail"),
    }


class JobDetail(DetailView):
    permission = "builds.view_productionjob"
    model = ProductionJob
    template_name = "builds/job_detail.html"

    def record(self, *, alive: bool = False):
        jobs = ProductionJob.everything.select_related(
            "part", "revision__build", "order_line__order__customer", "responsible", "workplace"
        )
        return get_object_or_404(jobs, pk=self.kwargs["pk"])

    def context(self, job):
        lines = _would_take(job) if job.is_planned else list(job.lines.select_related("part", "location"))
        extras = list(job.extras.select_related("part", "location", "replaces__part", "created_by"))
        checks = list(job.checks.select_related("checked_by"))
        stocked = [line for line in lines if line.is_stocked]
        picked = sum(1 for line in stocked if not line.open_quantity)
        short = [line for line in lines if (line.lacking_quantity if job.is_planned else line.short_quantity)]
        is_picked = picked == len(stocked)
        job.next = next_move(job, is_picked=is_picked, results={check.result for check in checks})
        show = self.request.GET.get("show", "")
        groups = {
            "short": short,
            "open": [] if job.is_planned else [line for line in stocked if line.open_quantity],
        }
        return {
            "lines": groups.get(show, lines),
            "show": show,
            "counts": {"all": len(lines)} | {name: len(rows) for name, rows in groups.items()},
            "extras": extras,
            "pieces": pieces_of(checks),
            "open_checks": sum(1 for check in checks if not check.is_passed),
            "printers": list(job.printers.select_related("owner").order_by("serial")) if job.is_completed else [],
            "percent": round(100 * picked / len(stocked)) if stocked else 100,
            "is_picked": is_picked,
            "build": job.build,
            "steps": steps(job),
            "may": {
                name: is_allowed(getattr(ProductionJob, name), job)
                for name in ("release", "pick", "reserve_missing", "use_extra", "complete", "cancel", "record_checks")
            },
        }


def _would_take(job) -> list[JobPart]:
    try:
        return job.would_take()
    except Refused:  # the page says that there is no released bill yet
        return []


def pieces_of(checks) -> list[tuple[int, list, bool]]:
    """The tests by piece, in order, and whether one of them is open."""
    pieces: dict[int, list] = {}
    for check in checks:
        pieces.setdefault(check.piece, []).append(check)
    return [(piece, each, any(check.result == CheckResult.OPEN for check in each)) for piece, each in pieces.items()]


def steps(job) -> list[tuple[str, bool]]:
    """Where the job stands in its flow: (label, reached)."""
    if job.status == JobStatus.CANCELLED:
        reached = [JobStatus.PLANNED] + [JobStatus.RELEASED] * bool(job.released_at)
        reached += [JobStatus.PRODUCTION] * bool(job.started_at)
        return [(each.label, True) for each in [*reached, JobStatus.CANCELLED]]
    return [(each.label, FLOW.index(each) <= FLOW.index(JobStatus(job.status))) for each in FLOW]


class JobCreate(CreateView):
    permission = "builds.add_productionjob"
    model = ProductionJob
    form_class = JobForm
    template_name = "builds/job_form.html"


class JobUpdate(UpdateView):
    permission = "builds.change_productionjob"
    model = ProductionJob
    form_class = JobForm
    template_name = "builds/job_form.html"

    def get(self, request, pk):
        job = self.record(alive=True)
        if not job.is_open:
            messages.error(
                request,
                _("%(record)s is “%(state)s”, so this is not possible any more.")
                % {"record": job, "state": job.get_status_display()},
            )
            return redirect(job)
        return super().get(request, pk)


@permission_required("builds.view_productionjob")
def product_choices(request):
    """For remote selects: what we make."""
    parts = Part.objects.filter(procurement=Procurement.MAKE).search(request.GET.get("q", "")).order_by("sku")[:50]
    return JsonResponse({"results": [{"id": part.pk, "text": part.sku, "hint": part.name} for part in parts]})


@permission_required("builds.view_productionjob")
def job_pick_list(request, pk):
    """The pick list on paper."""
    job = get_object_or_404(ProductionJob.everything.select_related("part", "workplace", "order_line__order"), pk=pk)
    content = job_papers.render_pick_list(job, language=get_language())
    return job_papers.inline(content, f"{_('pick-list')}-{job}.pdf")


# --- What other rooms show


class JobsForOrder(PanelView):
    permission = "builds.view_productionjob"
    model = CustomerOrder
    template_name = "builds/jobs_for_order.html"

    def context(self, order):
        jobs = list(JOBS.filter(order_line__order=order).order_by("order_line__position", "number"))
        return {"jobs": jobs, "wants": order.is_open}


class JobsForPart(PanelView):
    """The page of a part loads it: who needs it, and what is making it."""

    permission = "builds.view_productionjob"
    model = Part
    template_name = "builds/jobs_for_part.html"

    def context(self, part):
        lines = (
            JobPart.objects.filter(part=part, job__status__in=ACTIVE, consumed_quantity=0)
            .select_related("job__part")
            .order_by(F("job__due_date").asc(nulls_last=True), "job__number")
        )
        making = ProductionJob.objects.open().filter(part=part).order_by(F("due_date").asc(nulls_last=True), "number")
        return {"lines": lines[:50], "making": making[:50], "part": part}
