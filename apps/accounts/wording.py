"""Sentences of Django and allauth whose German is missing, or says “du” where this house says “Sie”.

Named here so that they stand in our catalog, which Django reads before theirs.
"""

from django.utils.translation import gettext_noop

OURS = [
    gettext_noop("- Select an option -"),
    gettext_noop("Run"),
    gettext_noop("Enter a valid email address."),
    gettext_noop("Enter a valid URL."),
    gettext_noop("Please type your current password."),
    gettext_noop("Be patient, you are sending too many requests."),
    gettext_noop("You must type the same password each time."),
    gettext_noop("Your password has been changed."),
    gettext_noop("Are you sure you want to sign out?"),
    gettext_noop("You have signed out."),
    gettext_noop("You are already logged in as %(user_display)s."),
    gettext_noop("You are about to generate a new set of recovery codes for your account."),
    gettext_noop("You are about to deactivate authenticator app based authentication. Are you sure?"),
]
