"""Who works here."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group, PermissionsMixin
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords
from uuid_utils.compat import uuid7

from apps.accounts.roles import Role


class UserManager(BaseUserManager):
    def create_user(self, email: str, password: str | None = None, *, role: str = Role.VIEWER, by=None, **fields):
        """A user with a role. Without a password the user signs in after a password reset."""
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        with transaction.atomic():
            user._history_user = by
            user.save()
            user.assign_role(role, by=by)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields):
        return self.create_user(email, password, role=Role.ADMIN, is_superuser=True, **fields)

    def get_by_natural_key(self, email):
        return self.get(email__iexact=email)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in by e-mail. `preferences` is a JSON object of what the pages remember for them."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.VIEWER, editable=False)
    language = models.CharField(
        _("language"),
        max_length=5,
        blank=True,
        choices=[("", _("as the browser says")), ("de", "Deutsch"), ("en", "English")],
    )
    preferences = models.JSONField(_("preferences"), default=dict, blank=True, editable=False)
    is_active = models.BooleanField(_("may sign in"), default=True)
    is_staff = models.BooleanField(_("may open the back office"), default=False, editable=False)
    date_joined = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    objects = UserManager()
    history = HistoricalRecords(excluded_fields=["password", "last_login", "preferences"])

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["name", "email"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="accounts_user_email",
                violation_error_message=_("A user with this e-mail address exists."),
            )
        ]

    def __str__(self):
        return self.name or self.email

    def get_full_name(self):
        return self.name

    def get_short_name(self):
        return self.name.split(" ")[0] if self.name else self.email

    def assign_role(self, role: str, *, by):
        """Give the user exactly the permissions of `role`; admins and managers may open the back office."""
        with transaction.atomic():
            self.role = Role(role)
            self.is_staff = role in (Role.ADMIN, Role.MANAGER)
            self._history_user = by
            self._change_reason = "assign_role"
            self.save(update_fields=["role", "is_staff"])
            self.groups.set([Group.objects.get_or_create(name=role)[0]])
