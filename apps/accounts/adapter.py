"""How allauth behaves in this house."""

from allauth.account.adapter import DefaultAccountAdapter


class ClosedHouse(DefaultAccountAdapter):
    """Nobody signs up: an admin adds users."""

    def is_open_for_signup(self, request):
        return False
