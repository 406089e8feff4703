from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.customers.models.person import Named
from apps.customers.models.settled import Settled
from gmtc.models import Record, audit_log


class Contact(Settled, Named, Record):
    """A person at the customer. All of it is personal data (Art. 4 GDPR)."""

    settled = ("customers_contact_primary",)
    personal = ("salutation", "title", "first_name", "last_name", "role", "email", "phone", "mobile", "notes")

    customer = models.ForeignKey(
        "customers.Customer", models.CASCADE, related_name="contacts", verbose_name=_("customer")
    )
    role = models.CharField(_("role"), max_length=80, blank=True, help_text=_("Such as purchasing, technology."))
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    mobile = models.CharField(_("mobile"), max_length=40, blank=True)
    is_primary = models.BooleanField(_("first contact"), default=False)
    agreed_to_news_on = models.DateField(
        _("agreed to news on"), null=True, blank=True, help_text=_("Without consent no advertising (§ 7 UWG).")
    )
    notes = models.TextField(_("notes"), blank=True, max_length=2000)

    history = audit_log()

    class Meta(Record.Meta):
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["-is_primary", "last_name", "first_name", "pk"]
        indexes = [models.Index(fields=["customer"], condition=Q(deleted_at=None), name="customers_contact_customer")]
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(deleted_at=None, is_primary=True),
                name="customers_contact_primary",
                violation_error_message=_("Another contact is the first one already."),
            ),
            # the other half of a foreign key: an interaction names a contact of its own customer
            models.UniqueConstraint(fields=["id", "customer"], name="customers_contact_id_customer"),
            models.CheckConstraint(
                condition=~Q(first_name="", last_name=""),
                name="customers_contact_named",
                violation_error_message=_("A contact needs a name."),
            ),
        ]

    def __str__(self):
        return self.person_name

    def get_absolute_url(self):
        return f"{self.customer.get_absolute_url()}#contacts"

    def lock(self):
        self.customer.lock()  # always the customer first, so that two of its contacts never wait for each other
        return super().lock()

    def save(self, *, by=None, reason: str = "", **kwargs):
        """Store the contact; a new first contact takes the place of the old one."""
        with transaction.atomic():
            self.customer.lock()
            if self.deleted_at:
                self.is_primary = False
            others = self.customer.contacts.filter(deleted_at=None).exclude(pk=self.pk)
            if self._state.adding and not others:
                self.is_primary = True
            if self.is_primary:
                for other in others.filter(is_primary=True):
                    other.is_primary = False
                    super(Contact, other).save(by=by, reason="edit")
            super().save(by=by, reason=reason, **kwargs)

    def make_primary(self, *, by):
        with transaction.atomic():
            self.lock_alive()
            if not self.is_primary:
                self.is_primary = True
                self.save(by=by, reason="make_primary")
