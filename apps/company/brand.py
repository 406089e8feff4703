"""The brand as pages, documents and mails use it: one logo and one set of CSS custom properties."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from math import floor

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.company.contrast import AA, channels, mixed, ratio, readable_on

COLOURS = ("accent", "accent_dark", "ink", "paper")
PICTURES = ("logo", "logo_dark", "mark")
# The lightest ground that text stands on in the dark theme (--surface in static/css/app.css).
DARK_GROUND = "#18201F"
# Of an uploaded logo, the one for the theme is shown.
PICTURE_CSS = """
img.wordmark{height:28px;max-width:100%;width:auto}
.wordmark-dark,[data-bs-theme=dark] .wordmark-light{display:none}
[data-bs-theme=dark] .wordmark-dark{display:inline}
"""


@dataclass(frozen=True)
class Brand:
    """Colours are `#RRGGBB`; pictures are storage names, empty where FOUZIES's own stand-in is used."""

    name: str
    accent: str
    accent_dark: str
    ink: str
    paper: str
    logo: str = ""
    logo_dark: str = ""
    mark: str = ""

    @cached_property
    def hash(self) -> str:
        """Changes with anything that is seen; part of the addresses, so that browsers keep the files for a year."""
        seen = (self.name, self.css, self.logo, self.logo_dark, self.mark)
        return hashlib.sha256("\n".join(seen).encode()).hexdigest()[:12]

    @property
    def css_url(self) -> str:
        return f"{reverse('company:brand_css')}?v={self.hash}"

    @property
    def logo_url(self) -> str:
        return f"{reverse('company:brand_logo')}?v={self.hash}"

    @property
    def logo_dark_url(self) -> str:
        return f"{reverse('company:brand_logo')}?theme=dark&v={self.hash}"

    @property
    def mark_url(self) -> str:
        return f"{reverse('company:brand_mark')}?v={self.hash}"

    @property
    def accent_fg(self) -> str:
        """Text on the accent."""
        return readable_on(self.accent)

    @cached_property
    def css(self) -> str:
        """The style sheet of `/brand.css`: our tokens, and Tabler's derived from them."""
        light = {"brand-ink": self.ink, "brand-paper": self.paper} | themed(self.accent, towards="#000000")
        dark = themed(self.accent_dark, towards="#FFFFFF")
        return f":root{block(light)}\n[data-bs-theme=dark]{block(dark)}{PICTURE_CSS}"


def themed(accent: str, *, towards: str) -> dict[str, str]:
    """Bootstrap's and Tabler's names for one accent; hovering goes `towards` black or white."""
    hover = mixed(accent, towards, 0.18)
    return {
        "brand-accent": accent,
        "brand-accent-fg": readable_on(accent),
        "brand-accent-hover": hover,
        "brand-accent-rgb": triplet(accent),
        "tblr-primary": accent,
        "tblr-primary-rgb": triplet(accent),
        "tblr-primary-fg": readable_on(accent),
        "tblr-primary-darken": hover,
        "tblr-link-color": accent,
        "tblr-link-color-rgb": triplet(accent),
        "tblr-link-hover-color": hover,
        "tblr-link-hover-color-rgb": triplet(hover),
    }


def triplet(colour: str) -> str:
    return ",".join(map(str, channels(colour)))


def block(tokens: dict[str, str]) -> str:
    return "{" + "".join(f"--{name}:{value};" for name, value in tokens.items()) + "}"


@dataclass(frozen=True)
class Pair:
    """Two colours of which one must be readable on the other; `field` is the one to change."""

    field: str
    what: str
    text: str
    ground: str

    @property
    def ratio(self) -> float:
        return floor(ratio(self.text, self.ground) * 100) / 100  # 4.499 must not be shown as 4.5

    @property
    def passes(self) -> bool:
        return self.ratio >= AA


def measured(*, accent: str, accent_dark: str, ink: str, paper: str) -> list[Pair]:
    """Each pair of colours that must be readable."""
    return [
        Pair("accent", _("Text on a button"), readable_on(accent), accent),
        Pair("accent", _("A link on paper"), accent, paper),
        Pair("accent_dark", _("A link in the dark theme"), accent_dark, DARK_GROUND),
        Pair("ink", _("Text on paper"), ink, paper),
    ]
