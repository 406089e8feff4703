"""The verbs of production jobs in the pages: their questions, and picking."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from apps.builds.job_forms import (
    CancelJobForm,
    CompleteForm,
    ExtraForm,
    FailForm,
    PickForm,
    PutBackForm,
    ReleaseJobForm,
    TestStepsForm,
)
from apps.builds.models import (
    ExtraUse,
    JobCheck,
    JobPart,
    PrinterBuild,
    ProductionJob,
)
from apps.builds.models.job import missing_of
from apps.parts.models import StorageLocation
from gmtc.errors import Refused
from gmtc.views import ActionView, permission_required


class JobAction(ActionView):
    model = ProductionJob

    def record(self, *, alive: bool = False):
        jobs = ProductionJob.everything.select_related("part", "order_line__order", "revision__build")
        return get_object_or_404(jobs, pk=self.kwargs["pk"])


class JobRelease(JobAction):
    permission = "builds.release_productionjob"
    form_class = ReleaseJobForm
    template_name = "builds/job_release.html"
    title = gettext_lazy("Release %(record)s")
    button = gettext_lazy("Release")
    done = gettext_lazy("%(record)s is released.")

    def context(self, job):
        if not job.is_planned:
            return {}
        try:
            lines = job.would_take()
        except Refused as refusal:
            return {"refusal": str(refusal)}
        missing = missing_of(lines)
        return {
            "takes_nothing": not lines,
            "missing": missing[:20],
            "more": max(0, len(missing) - 20),
            "missing_count": len(missing),
        }


class JobStart(JobAction):
    permission = "builds.start_productionjob"
    verb = "start"
    done = gettext_lazy("Work on %(record)s has begun.")


class JobTest(JobAction):
    permission = "builds.test_productionjob"
    verb = "test"
    done = gettext_lazy("%(record)s is being tested.")


class JobComplete(JobAction):
    permission = "builds.complete_productionjob"
    form_class = CompleteForm
    template_name = "builds/job_complete.html"
    title = gettext_lazy("Complete %(record)s")
    button = gettext_lazy("Complete")
    done = gettext_lazy("%(record)s is completed.")


class JobCancel(JobAction):
    permission = "builds.cancel_productionjob"
    form_class = CancelJobForm
    template_name = "builds/job_cancel.html"
    title = gettext_lazy("Cancel %(record)s")
    button = gettext_lazy("Cancel the job")
    done = gettext_lazy("%(record)s was cancelled.")
    danger = True


class JobReserve(JobAction):
    permission = "builds.release_productionjob"
    verb = "reserve_missing"
    done = gettext_lazy("What has come is held for %(record)s.")


class JobExtra(JobAction):
    permission = "builds.pick_productionjob"
    form_class = ExtraForm
    title = gettext_lazy("Extra consumption of %(record)s")
    button = gettext_lazy("Write down")
    done = gettext_lazy("Extra consumption of %(record)s written down.")


@require_POST
@permission_required("builds.pick_productionjob")
def extra_drop(request, pk):
    extra = get_object_or_404(ExtraUse.objects.select_related("job"), pk=pk)
    text = _("%(record)s taken back.") % {"record": extra}
    return _done(request, extra.job, lambda job: job.drop_extra(extra, by=request.user), text)


class LinePutBack(ActionView):
    permission = "builds.pick_productionjob"
    model = JobPart
    form_class = PutBackForm
    title = gettext_lazy("Put back %(record)s")
    button = gettext_lazy("Put back")
    done = gettext_lazy("%(record)s put back.")


class CheckFail(ActionView):
    permission = "builds.test_productionjob"
    model = JobCheck
    form_class = FailForm
    title = gettext_lazy("Not passed: %(record)s")
    button = gettext_lazy("Write down")
    done = gettext_lazy("Not passed: %(record)s")

    def after(self, check):
        return f"{check.job.get_absolute_url()}#checks"


@require_POST
@permission_required("builds.test_productionjob")
def job_checks(request, pk):
    """Tick off tests as passed: `check` names them."""
    job = get_object_or_404(ProductionJob, pk=pk)
    checks = list(job.checks.filter(pk__in=_uuids(request.POST.getlist("check"))))
    if not checks:
        return redirect(f"{job.get_absolute_url()}#checks")
    return _done(
        request,
        job,
        lambda job: job.record_checks(checks, passed=True, by=request.user),
        _("Passed: %(tests)s.") % {"tests": ", ".join(dict.fromkeys(check.name for check in checks))[:200]},
        anchor="#checks",
    )


def _uuids(texts) -> list[str]:
    key = JobCheck._meta.pk
    found = []
    for text in texts:
        try:
            found.append(key.to_python(text))
        except ValidationError:  # nonsense from outside
            continue
    return found


def _done(request, job, act, text: str, *, anchor: str = ""):
    """Do it and go back to the job; a refusal is said there."""
    try:
        act(job)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, text)
    return redirect(job.get_absolute_url() + anchor)


@permission_required("builds.pick_productionjob")
def job_pick(request, pk):
    """The pick list as a form: what is held, from where it lies."""
    job = get_object_or_404(ProductionJob.objects.select_related("part", "workplace"), pk=pk)
    if not job.is_active:
        messages.error(request, _("Nothing can be picked for %(job)s now.") % {"job": job})
        return redirect(job)
    form = PickForm(job, request.POST if request.method == "POST" else None, usual_workplace=_usual_workplace(request))
    if request.method == "POST" and form.is_valid():
        try:
            form.save(by=request.user)
        except Refused as refusal:
            form.head.add_error("workplace" if refusal.field == "workplace" else None, str(refusal))
        else:
            messages.success(request, _("Picked for %(job)s.") % {"job": job})
            return redirect(job)
    status = 422 if request.method == "POST" else 200
    return render(request, "builds/job_pick.html", {"record": job, "form": form}, status=status)


def _usual_workplace(request):
    """Where this person's last job was built."""
    jobs = ProductionJob.objects.exclude(workplace=None)
    mine = jobs.filter(Q(responsible=request.user) | Q(updated_by=request.user)).order_by("-updated_at")
    last = mine.values_list("workplace", flat=True).first()
    return StorageLocation.objects.filter(pk=last).values_list("pk", flat=True).first() if last else None


# --- Test steps of a build


class BuildTestSteps(ActionView):
    permission = "builds.change_printerbuild"
    model = PrinterBuild
    form_class = TestStepsForm
    title = gettext_lazy("Test steps of %(record)s")
    button = gettext_lazy("Save")
    done = gettext_lazy("Test steps of %(record)s saved.")
