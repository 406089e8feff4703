"""The user manual inside the application: one template for each topic and language, under templates/help/."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import unescape

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

LANGUAGES = ("de", "en")


@dataclass(frozen=True)
class Topic:
    """`pages` are the beginnings of the addresses that it explains."""

    slug: str
    title: str
    summary: str
    icon: str
    pages: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return reverse("help:topic", args=[self.slug])


TOPICS = (
    Topic(
        "getting-started",
        _("Getting started"),
        _("The page, lists, keys, your own settings."),
        "rocket-launch",
        ("/", "/notifications/", "/accounts/"),
    ),
    Topic(
        "parts-and-stock",
        _("Parts and stock"),
        _("What there is, where it lies, what it costs, and how it moves."),
        "cube",
        ("/parts/",),
    ),
    Topic(
        "builds",
        _("Builds and parts lists"),
        _("From the parts list of the CAD program to a released bill of materials."),
        "wrench-screwdriver",
        ("/builds/",),
    ),
    Topic(
        "customers-and-orders",
        _("Customers, quotes and orders"),
        _("Whom we sell to, what we offered, what was ordered."),
        "clipboard-document-list",
        ("/customers/", "/orders/"),
    ),
    Topic(
        "planning-and-jobs",
        _("Planning, jobs and printers"),
        _("What is short, what is built, and which printer it became."),
        "clipboard-document-check",
        ("/planning/", "/jobs/", "/printers/"),
    ),
    Topic(
        "purchasing",
        _("Purchasing"),
        _("Suppliers and their prices, purchase orders, goods receipts."),
        "shopping-cart",
        ("/suppliers/", "/purchase-orders/", "/goods-receipts/"),
    ),
    Topic(
        "deliveries",
        _("Deliveries and returns"),
        _("Packing, delivery note, label, tracking, and what comes back."),
        "truck",
        ("/deliveries/",),
    ),
    Topic(
        "invoices-and-payments",
        _("Invoices and payments"),
        _("Issuing, e-invoices, advances, payments, cancellations."),
        "banknotes",
        ("/invoices/", "/payments/"),
    ),
    Topic(
        "reports-and-search",
        _("Reports and search"),
        _("The start page, figures on paper and in files, and finding anything."),
        "chart-bar",
        ("/reports/", "/search/"),
    ),
    Topic(
        "import-and-export",
        _("Import and export"),
        _("Bringing lists in, checking them first, taking them out."),
        "arrows-up-down",
        ("/parts/import/", "/customers/import/", "/suppliers/price-lists/"),
    ),
    Topic(
        "administration",
        _("Administration"),
        _("Company, numbers, texts, brand, people and their roles."),
        "cog-6-tooth",
        ("/settings/", "/accounts/users/", "/admin/"),
    ),
)


def topic_of(address: str) -> Topic:
    """The topic that explains the page at `address`: the one whose beginning fits it longest."""
    fits = [(len(page), topic) for topic in TOPICS for page in topic.pages if address.startswith(page)]
    return max(fits, key=lambda fit: fit[0])[1]


def template_of(topic: Topic, language: str) -> str:
    return f"help/{language if language in LANGUAGES else 'en'}/{topic.slug}.html"


@cache
def text_of(topic: Topic, language: str) -> str:
    """The words of a topic without its markup."""
    html = render_to_string(template_of(topic, language), {"shell": "help/bare.html"})
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def find(words: Sequence[str]) -> list[Topic]:
    """The topics that hold every word, those with it in the title first."""
    language = (get_language() or "en")[:2]
    words = [word.casefold() for word in words if len(word) > 2]
    found = [topic for topic in TOPICS if words and all(word in text_of(topic, language).casefold() for word in words)]
    return sorted(found, key=lambda topic: not all(word in str(topic.title).casefold() for word in words))


@login_required
@require_GET
def index(request):
    return render(request, "help/index.html", {"topics": TOPICS})


@login_required
@require_GET
def topic(request, slug):
    number = next((n for n, each in enumerate(TOPICS) if each.slug == slug), None)
    if number is None:
        raise Http404(slug)
    context = {
        "topics": TOPICS,
        "topic": TOPICS[number],
        "next_topic": TOPICS[number + 1] if number + 1 < len(TOPICS) else None,
    }
    return render(request, template_of(TOPICS[number], (get_language() or "en")[:2]), context)


app_name = "help"

urlpatterns = [path("", index, name="index"), path("<slug:slug>/", topic, name="topic")]
