from django.db import models
from django.utils.translation import gettext, override, pgettext
from django.utils.translation import gettext_lazy as _


class Salutation(models.TextChoices):
    MS = "ms", _("Ms")
    MR = "mr", _("Mr")


class Named(models.Model):
    """The parts of a person's name."""

    salutation = models.CharField(_("salutation"), max_length=2, choices=Salutation, blank=True)
    title = models.CharField(_("title"), max_length=30, blank=True, help_text=_("Such as Dr."))
    first_name = models.CharField(_("first name"), max_length=60, blank=True)
    last_name = models.CharField(_("last name"), max_length=60, blank=True)

    class Meta:
        abstract = True

    @property
    def person_name(self) -> str:
        return " ".join(filter(None, [self.title, self.first_name, self.last_name]))

    def greeting(self, language: str) -> str:
        """The first line of a letter, without the comma at its end."""
        with override(language):
            called = " ".join(filter(None, [self.title, self.last_name]))
            if self.last_name and self.salutation == Salutation.MS:
                return gettext("Dear Ms %(name)s") % {"name": called}
            if self.last_name and self.salutation == Salutation.MR:
                return gettext("Dear Mr %(name)s") % {"name": called}
            if self.person_name:
                return pgettext("letter", "Hello %(name)s") % {"name": self.person_name}
            return gettext("Dear Sir or Madam")
