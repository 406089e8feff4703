from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gmtc.lined import Line
from gmtc.models import audit_log, between, unique_while_alive

MAX_STEPS = 200


class TestStep(Line):
    """What is tested on each piece of a build before it leaves the shop, in this order."""

    __test__ = False  # pytest takes every name that begins with Test for one of its own

    build = models.ForeignKey(
        "builds.PrinterBuild", models.CASCADE, related_name="test_steps", verbose_name=_("build"), editable=False
    )
    name = models.CharField(_("test step"), max_length=200)

    history = audit_log()

    class Meta(Line.Meta):
        verbose_name = _("test step")
        verbose_name_plural = _("test steps")
        constraints = [
            unique_while_alive(
                "build", "name", name="builds_teststep_name", message=_("This test step is there already.")
            )
        ]

    def __str__(self):
        return self.name


class CheckResult(models.TextChoices):
    OPEN = "open", _("Open")
    PASSED = "passed", _("Passed")
    FAILED = "failed", _("Failed")


class JobCheck(Line):
    """A test step of one piece of a job, copied when the job was released; `piece` counts from 1."""

    job = models.ForeignKey(
        "builds.ProductionJob", models.PROTECT, related_name="checks", verbose_name=_("production job"), editable=False
    )
    piece = models.PositiveSmallIntegerField(_("piece"), default=1, editable=False)
    name = models.CharField(_("test step"), max_length=200, editable=False)
    result = models.CharField(_("result"), max_length=6, choices=CheckResult, default=CheckResult.OPEN)
    note = models.CharField(_("note"), max_length=200, blank=True)
    checked_at = models.DateTimeField(_("checked"), null=True, editable=False)
    checked_by = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, editable=False, related_name="+", verbose_name=_("checked by")
    )

    history = audit_log()

    class Meta(Line.Meta):
        verbose_name = _("test of a job")
        verbose_name_plural = _("tests of jobs")
        ordering = ["piece", "position"]
        constraints = [
            models.UniqueConstraint(fields=["job", "piece", "position"], name="builds_jobcheck_place"),
            between("piece", 1, 32_767, name="builds_jobcheck_piece"),
            models.CheckConstraint(
                condition=Q(result=CheckResult.OPEN, checked_at=None)
                | ~Q(result=CheckResult.OPEN) & Q(checked_at__isnull=False),
                name="builds_jobcheck_checked",
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def is_passed(self) -> bool:
        return self.result == CheckResult.PASSED

    @property
    def is_failed(self) -> bool:
        return self.result == CheckResult.FAILED
