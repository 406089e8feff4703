"""What a browser calls itself, as people call it."""

from django.utils.translation import gettext as _

# The first that is found counts: nearly every browser also claims to be Chrome and Safari.
BROWSERS = [("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome", "Chrome"), ("Safari/", "Safari")]
SYSTEMS = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
]


def device_of(user_agent: str) -> str:
    """Firefox, Windows."""
    found = [
        next((name for sign, name in names if sign in user_agent), "") for names in (BROWSERS, SYSTEMS) if user_agent
    ]
    return ", ".join(name for name in found if name) or _("Unknown device")
