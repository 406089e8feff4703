"""How a user's permissions are found."""

from allauth.account.auth_backends import AuthenticationBackend


class RoleBackend(AuthenticationBackend):
    """Permissions come from the role's group alone, so a request asks the database for them once at most."""

    def get_user_permissions(self, user_obj, obj=None):
        return set()
