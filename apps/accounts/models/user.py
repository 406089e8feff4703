"""Who works here."""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group, PermissionsMixin
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from apps.accounts import preferences
from apps.accounts.roles import Role
from gmtc.addresses import address_of
from gmtc.errors import Refused, StaleEdit
from gmtc.models import audit_log

# A recovery code alone is no second factor: it comes with one.
SECOND_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
# Columns that change by using the system; they leave no trace in the history.
UNAUDITED = {"last_login", "password", "preferences"}


class UserQuerySet(models.QuerySet):
    def active(self):
        return self.filter(is_active=True)

    def admins(self):
        """Those who can let others in."""
        return self.active().filter(role=Role.ADMIN)

    def with_second_factor(self):
        """Adds `second_factor`, whether the user has set one up."""
        factors = Authenticator.objects.filter(user=models.OuterRef("pk"), type__in=SECOND_FACTORS)
        return self.annotate(second_factor=models.Exists(factors))


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):
    def create_user(self, email: str, password: str | None = None, *, role: str = Role.VIEWER, by=None, **fields):
        """A user with a role. Without a password the user signs in after a password reset."""
        user = self.model(email=email, role=Role(role), **fields)
        user.set_password(password)
        with transaction.atomic():
            user.is_staff = user.opens_back_office()
            user.save(by=by, reason="create")
            user.join_group()
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields):
        return self.create_user(email, password, role=Role.ADMIN, is_superuser=True, **fields)

    def get_by_natural_key(self, email):
        return self.get(email=email.lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in by e-mail. `preferences` is a JSON object of what the pages remember for them."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.VIEWER)
    language = models.CharField(
        _("language"),
        max_length=5,
        blank=True,
        choices=[("", _("as the browser says")), ("de", "Deutsch"), ("en", "English")],
    )
    preferences = models.JSONField(_("preferences"), default=dict, blank=True, editable=False)
    is_active = models.BooleanField(_("may sign in"), default=True, editable=False)
    is_staff = models.BooleanField(_("may open the back office"), default=False, editable=False)
    date_joined = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    objects = UserManager()
    history = audit_log(without=("password", "last_login", "preferences"))

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

    def clean(self):
        super().clean()
        self.email = self.email.strip().lower()

    def save(self, *args, by=None, reason: str = "", **kwargs):
        """Store the user; `by` and `reason` end up in the history row.

        Addresses are kept in lower case, because the sign-in looks them up that way. Signing in writes
        `last_login` through here too, which is no change of the user: no history row then.
        """
        self.email = self.email.strip().lower()
        self._history_user = by
        self._change_reason = str(reason)
        unaudited = set(kwargs.get("update_fields") or ["everything"]) <= UNAUDITED
        if unaudited:
            self.skip_history_when_saving = True  # simple-history asks whether the attribute exists
        try:
            super().save(*args, **kwargs)
        finally:
            if unaudited:
                del self.skip_history_when_saving

    def get_absolute_url(self):
        return address_of("accounts:user", self.pk)

    def get_full_name(self):
        return self.name

    def get_short_name(self):
        return self.name.split(" ")[0] if self.name else self.email

    @property
    def initials(self) -> str:
        """Two letters for the avatar."""
        words = (self.name or self.email).split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()

    # --- Predicates

    def opens_back_office(self) -> bool:
        return self.role in (Role.ADMIN, Role.MANAGER)

    def has_second_factor(self) -> bool:
        return Authenticator.objects.filter(user=self, type__in=SECOND_FACTORS).exists()

    def needs_second_factor(self) -> bool:
        """Whether this user's role must have one by `MFA_REQUIRED`."""
        return settings.MFA_REQUIRED and self.opens_back_office()

    @property
    def reading_language(self) -> str:
        """Of what reaches the user outside of the browser: their own choice, else what the browser last asked for."""
        return self.language or self.preference("app", "language") or settings.LANGUAGE_CODE

    @property
    def version(self) -> int:
        """How often the user was written: each time leaves a row in the history."""
        return self.history.count()

    # --- Verbs

    def revise(self, values: dict, *, by, version: int | None = None):
        """Write name, e-mail and language. Raises Refused where the address is taken, StaleEdit where someone else has
        written the user since `version` was read. Somebody else's address, changed by an admin, ends their sessions."""
        with transaction.atomic():
            self._lock()
            if version is not None and version != self.version:
                raise StaleEdit(self, since=version)
            email = values.get("email", self.email).strip().lower()
            if email != self.email and User.objects.filter(email=email).exists():
                raise Refused(_("A user with this e-mail address exists."), field="email")
            values = values | {"email": email}
            changed = [name for name, value in values.items() if getattr(self, name) != value]
            for name in changed:
                setattr(self, name, values[name])
            if changed:
                self.save(update_fields=changed, by=by, reason="edit")
            if "email" in changed and by != self:
                self.end_sessions()

    def assign_role(self, role: str, *, by):
        """Give the user exactly the permissions of `role`; admins and managers may open the back office.

        Raises Refused where this would leave the company without an admin.
        """
        with transaction.atomic():
            admins = self._lock_admins()
            self._lock()
            if self.role == role:
                return
            if role != Role.ADMIN:
                self._refuse_if_last_of(admins)
                self.is_superuser = False
            self.role = Role(role)
            self.is_staff = self.opens_back_office()
            self.save(update_fields=["role", "is_staff", "is_superuser"], by=by, reason="assign_role")
            self.join_group()

    def deactivate(self, *, by):
        """The user cannot sign in any more; sessions and tokens end at once. Raises Refused for the last admin."""
        with transaction.atomic():
            admins = self._lock_admins()
            self._lock()
            if not self.is_active:
                return
            if by == self:
                raise Refused(_("You cannot deactivate yourself: another admin can."))
            self._refuse_if_last_of(admins)
            self.is_active = False
            self.save(update_fields=["is_active"], by=by, reason="deactivate")
            self.end_sessions()

    def activate(self, *, by):
        with transaction.atomic():
            self._lock()
            if self.is_active:
                return
            self.is_active = True
            self.save(update_fields=["is_active"], by=by, reason="activate")

    def reset_second_factor(self, *, by):
        """For a lost phone: take all second factors and recovery codes away, and end all sessions."""
        with transaction.atomic():
            self._lock()
            Authenticator.objects.filter(user=self).delete()
            self.save(update_fields=["is_active"], by=by, reason="reset_second_factor")
            self.end_sessions()

    def change_password(self, password: str, *, by):
        """Set the password; every token of the API ends, browser sessions end by Django's session hash."""
        with transaction.atomic():
            self.set_password(password)
            self.save(by=by, reason="change_password")
            self.revoke_tokens()

    def end_sessions(self):
        """Sign the user out everywhere: browsers and API."""
        for session in UserSession.objects.filter(user=self):
            session.end()
        self.revoke_tokens()

    def revoke_tokens(self):
        self.refresh_families.filter(revoked_at=None).update(revoked_at=timezone.now())

    def join_group(self):
        """Be in the group of the role and in no other."""
        self.groups.set([Group.objects.get_or_create(name=self.role)[0]])

    # --- What the pages remember

    def preference(self, page: str, key: str, default=None):
        """What the user last chose for `key` on `page`; `page` is "app" for what holds everywhere."""
        return self.preferences.get(page, {}).get(key, default)

    def prefer(self, page: str, key: str, value):
        """Remember `value`. Raises Refused where `apps/accounts/preferences.py` does not know such a choice."""
        preferences.check(page, key, value)
        with transaction.atomic():
            self._lock_preferences()
            if page not in self.preferences and len(self.preferences) >= preferences.MAX_PAGES:
                raise Refused(_("Too many pages have settings of their own."))
            self.preferences.setdefault(page, {})[key] = value
            self.save(update_fields=["preferences"])

    def saved_views(self, page: str) -> list[dict]:
        """The user's views of a list page: [{"name": "Short", "query": "low=1&sort=sku"}]."""
        return self.preferences.get(preferences.VIEWS, {}).get(page, [])

    def save_view(self, page: str, name: str, query: str):
        """Keep a list's filters under a name; the same name replaces. Raises Refused at the limits."""
        name, query = preferences.check_view(page, name, query)
        with transaction.atomic():
            self._lock_preferences()
            views = [view for view in self.saved_views(page) if view["name"] != name]
            if len(views) >= preferences.MAX_VIEWS:
                raise Refused(_("There are %(limit)s saved views already; delete one first.")
                              % {"limit": preferences.MAX_VIEWS}, field="name")  # fmt: skip
            views.append({"name": name, "query": query})
            self.preferences.setdefault(preferences.VIEWS, {})[page] = views
            self.save(update_fields=["preferences"])

    def delete_view(self, page: str, name: str):
        with transaction.atomic():
            self._lock_preferences()
            views = [view for view in self.saved_views(page) if view["name"] != name]
            if views != self.saved_views(page):
                self.preferences[preferences.VIEWS][page] = views
                self.save(update_fields=["preferences"])

    @property
    def theme(self) -> str:
        return self.preference("app", "theme", "auto")

    # --- Locks

    def _lock(self):
        # NO KEY UPDATE: others may go on pointing their created_by to this row.
        self.refresh_from_db(from_queryset=User.objects.select_for_update(no_key=True))

    def _lock_preferences(self):
        """Two tabs of one user write in turn, each onto what the other has left."""
        query = User.objects.select_for_update(no_key=True)
        self.refresh_from_db(fields=["preferences"], from_queryset=query)

    def _lock_admins(self) -> list:
        """All admins are locked first and in one order, so that two of them cannot take the role from each other
        in the same moment, nor wait for each other for ever."""
        return list(User.objects.admins().select_for_update(no_key=True).order_by("pk"))

    def _refuse_if_last_of(self, admins: list):
        if admins == [self]:
            raise Refused(_("This is the last admin: make somebody else an admin first."))
