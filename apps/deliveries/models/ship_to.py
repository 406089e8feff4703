from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from gmtc.countries import last_line, name_of, place_lines, right_country, right_postcode


class ShipTo(models.Model):
    """Where the goods go: copied from the order's address, so that it stays what it was when they left."""

    ADDRESS = ("name", "person", "extra", "street", "postcode", "city", "state", "country")

    name = models.CharField(_("recipient"), max_length=120)
    person = models.CharField(_("department or person"), max_length=120, blank=True)
    extra = models.CharField(_("additional line"), max_length=120, blank=True)
    street = models.CharField(_("street and number"), max_length=120)
    postcode = models.CharField(_("postcode"), max_length=12, blank=True)
    city = models.CharField(_("city"), max_length=80)
    state = models.CharField(_("state or province"), max_length=60, blank=True)
    country = models.CharField(_("country"), max_length=2, default="DE", validators=[right_country])

    class Meta:
        abstract = True

    def clean(self):
        super().clean()
        self.postcode = " ".join(self.postcode.upper().split())
        if self.street:
            try:
                right_postcode(self.postcode, self.country)
            except ValidationError as error:
                raise ValidationError({"postcode": error}) from error

    def copy_address(self, address) -> None:
        """Take over an `Address` of the customer; its recipient is the customer where it names none."""
        for field in self.ADDRESS:
            setattr(self, field, getattr(address, field))
        self.name = address.name or address.customer.full_name

    @property
    def country_name(self) -> str:
        return name_of(self.country)

    def address_lines(self, *, sender: str, language: str) -> list[str]:
        """The lines of the address window (DIN 5008), posted in the country `sender`; the country only abroad."""
        place = place_lines(postcode=self.postcode, city=self.city, state=self.state, country=self.country)
        own = [self.name, self.person, self.extra, self.street]
        return [line for line in own if line] + place + last_line(self.country, sender=sender, language=language)
