"""Forms of the accounts room. Each calls one verb."""

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.accounts.invitations import invite
from apps.accounts.models import User
from apps.accounts.roles import Role
from gmtc.forms import VerbForm

LANGUAGES = User._meta.get_field("language").choices


class InviteForm(VerbForm):
    name = forms.CharField(label=_("Name"), max_length=120)
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.STAFF)
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES, required=False)

    groups = [(_("New user"), ["name", "email", "role", "language"])]

    def call(self):
        self.record = invite(by=self.user, **self.cleaned_data)


class PersonForm(VerbForm):
    """What an admin may correct about somebody."""

    name = forms.CharField(label=_("Name"), max_length=120)
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    groups = [(_("Edit"), ["name", "email", "language", "version"])]

    def call(self):
        values = dict(self.cleaned_data)
        self.record.revise(values, by=self.user, version=values.pop("version") or 0)


class RoleForm(VerbForm):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)

    groups = [(_("Role"), [("role", 12)])]

    def call(self):
        self.record.assign_role(self.cleaned_data["role"], by=self.user)


class ProfileForm(VerbForm):
    """What everybody may say about themselves."""

    name = forms.CharField(label=_("Name"), max_length=120)
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES, required=False)
    theme = forms.ChoiceField(
        label=_("Appearance"),
        choices=[("auto", _("as the computer says")), ("light", _("Light")), ("dark", _("Dark"))],
    )

    groups = [(_("About me"), [("name", 12), "language", "theme"])]

    def call(self):
        values = dict(self.cleaned_data)
        theme = values.pop("theme")
        self.record.revise(values, by=self.user)
        if theme != self.record.theme:
            self.record.prefer("app", "theme", theme)
