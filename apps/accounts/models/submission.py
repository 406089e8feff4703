"""Forms that were sent, so that none takes effect twice."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7

KEPT = timedelta(days=7)


class SubmissionQuerySet(models.QuerySet):
    def outdated(self):
        return self.filter(sent_at__lt=timezone.now() - KEPT)


class Submission(models.Model):
    """A key that one user has sent once, what was sent with it, and the answer.

    The row is inserted in the transaction of the work itself: the unique index makes a second sender wait until
    the first has committed (then the answer is here) or rolled back (then the second does the work).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=100)
    digest = models.CharField(max_length=64)  # SHA-256 of method, path and fields
    sent_at = models.DateTimeField(default=timezone.now, db_index=True)
    status = models.PositiveSmallIntegerField(null=True)  # null only inside the transaction that works on it
    headers = models.JSONField(default=dict)
    body = models.BinaryField(null=True)  # null: a file, a stream, or too large to keep

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="accounts_submission_once")]

    def __str__(self):
        return self.key
