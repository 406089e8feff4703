"""What every document that is mailed to somebody has in common."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.documents.models import Document
from apps.documents.tasks import mail_document


class Mailed(models.Model):
    """Remembers where and when its paper was mailed last. The record has a `language`."""

    mailed_to = models.EmailField(_("mailed to"), blank=True, editable=False)
    mailed_at = models.DateTimeField(_("mailed at"), null=True, editable=False)

    class Meta:
        abstract = True

    def mail_paper(self, paper: Document, *, to: str, message: str, by) -> None:
        """Have a job mail `paper`; the caller saves the record."""
        self.mailed_to, self.mailed_at = to, timezone.now()
        mail_document.defer(
            document_id=str(paper.pk),
            to=to,
            subject=paper.title,
            body=message,
            language=self.language,
            reply_to=by.email if by else "",
        )
