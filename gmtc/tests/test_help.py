"""The user manual: complete in both languages, found from where the question arises, and no dead link in it."""

import re

import pytest
from django.urls import reverse
from django.utils import translation

from gmtc import navigation
from gmtc.help import LANGUAGES, TOPICS, find, text_of, topic_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.slug)
def test_each_topic_is_about_a_page_long_and_says_what_may_go_wrong(topic, language):
    with translation.override(language):
        text = text_of(topic, language)
    assert 150 < len(text.split()) < 600
    assert {"en": "What may go wrong", "de": "Was schiefgehen kann"}[language] in text
    assert not re.search(r"\[\[|\]\]|\{%|TODO", text)


def test_the_help_button_opens_the_topic_of_the_page(as_viewer):
    for address, slug in {
        "/": "getting-started",
        "/parts/": "parts-and-stock",
        "/parts/import/": "import-and-export",
        "/planning/": "planning-and-jobs",
        "/accounts/profile/": "getting-started",
        "/accounts/users/": "administration",
    }.items():
        assert topic_of(address).slug == slug
    assert 'href="/help/parts-and-stock/"' in as_viewer.get("/parts/").content.decode()


def test_every_line_of_the_menu_has_a_topic_of_its_own():
    """Whoever adds a room writes its help: only the start page may be explained by "Getting started"."""
    for _title, entries in navigation.SECTIONS:
        for entry in entries:
            assert topic_of(entry.url).slug != "getting-started", entry.url


def test_topics_are_read_in_the_language_of_the_user(as_viewer, viewer):
    address = reverse("help:topic", args=["deliveries"])
    assert "What may go wrong" in as_viewer.get(address).content.decode()
    viewer.language = "de"
    viewer.save()
    assert "Was schiefgehen kann" in as_viewer.get(address).content.decode()
    assert as_viewer.get("/help/nonsense/").status_code == 404


def test_strangers_are_sent_to_sign_in(client):
    assert client.get(reverse("help:index")).status_code == 302


def test_words_of_the_manual_are_found_in_the_language_of_the_moment(as_viewer):
    with translation.override("en"):
        assert find(["dunning-nothing"]) == []
        assert [topic.slug for topic in find(["TRACKING"])][0] == "deliveries"
        assert find(["at"]) == []
    with translation.override("de"):
        assert "deliveries" in [topic.slug for topic in find(["sendungsnummer"])]
    html = as_viewer.get(reverse("search:suggestions"), {"q": "average cost"}).content.decode()
    assert "/help/parts-and-stock/" in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_manual_names_the_tabs_of_the_settings(as_admin, admin, language):
    admin.revise({"language": language}, by=admin)
    tabs = re.search(r'<nav class="settings-tabs".*?</nav>', as_admin.get("/settings/").content.decode(), re.DOTALL)
    names = re.findall(r"<a [^>]*>([^<]+)</a>", tabs[0])
    text = as_admin.get(reverse("help:topic", args=["administration"])).content.decode()
    assert len(names) == 5
    assert [name for name in names if f"<li><b>{name}</b>" not in text] == []
