from datetime import datetime

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.customers.models.interaction import Interaction, InteractionKind
from apps.notifications.models import Kind
from apps.notifications.notify import notify


class Noting(models.Model):
    """What was said with a customer, and who does something about it."""

    class Meta:
        abstract = True

    @classmethod
    def has_open_follow_up(cls) -> Q:
        """As a condition on customers."""
        rows = Interaction.objects.open().filter(customer=OuterRef("pk"))
        return Q(Exists(rows))

    def note(
        self,
        text: str,
        *,
        by,
        kind: str = InteractionKind.NOTE,
        happened_at: datetime | None = None,
        contact=None,
        follow_up_on=None,
        follow_up_by=None,
    ) -> Interaction:
        """Write down what was said, and until when who does something about it; that person is told.

        Raises ValidationError, by field.
        """
        interaction = Interaction(
            customer=self,
            kind=kind,
            happened_at=happened_at or timezone.now(),
            person=by,
            contact=contact,
            text=text.strip(),
            follow_up_on=follow_up_on,
            follow_up_by=follow_up_by,
        )
        interaction.full_clean()
        with transaction.atomic():
            interaction.save(by=by, reason="note")
            notify(
                [follow_up_by],
                by=by,
                kind=Kind.FOLLOW_UP,
                title=lambda: _("Follow up on %(customer)s") % {"customer": self},
                body=interaction.text[:500],
                url=interaction.get_absolute_url(),
            )
        return interaction
