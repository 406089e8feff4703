from django.db import models
from django.utils.translation import gettext_lazy as _


class JobStatus(models.TextChoices):
    PLANNED = "planned", _("Planned")
    RELEASED = "released", _("Released")
    PRODUCTION = "in_production", _("In production")
    TESTING = "testing", _("Testing")
    COMPLETED = "completed", _("Completed")
    CANCELLED = "cancelled", _("Cancelled")


# The bill is frozen and stock is held for it.
ACTIVE = (JobStatus.RELEASED, JobStatus.PRODUCTION, JobStatus.TESTING)
OPEN = (JobStatus.PLANNED, *ACTIVE)


class Priority(models.IntegerChoices):
    LOW = 1, _("Low")
    NORMAL = 2, _("Normal")
    HIGH = 3, _("High")
