"""Colours that can be read, and pictures that can do no harm."""

from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from apps.company import contrast, pictures
from apps.company.brand import Brand, measured
from apps.company.models import Company

OURS = {"accent": "#0E6B6B", "accent_dark": "#57C2BB", "ink": "#16211F", "paper": "#F7F6F3"}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    # The figures of the W3C's own examples and of WebAIM's checker
    [("#000000", "#FFFFFF", 21), ("#FFFFFF", "#FFFFFF", 1), ("#777777", "#FFFFFF", 4.48), ("#0000FF", "#FFFFFF", 8.59)],
)
def test_contrast_is_measured_as_wcag_says(one, other, expected):
    assert contrast.ratio(one, other) == contrast.ratio(other, one) == pytest.approx(expected, abs=0.005)


def test_black_or_white_can_be_read_on_every_ground():
    for red in range(0, 256, 15):
        for green in range(0, 256, 15):
            for blue in range(0, 256, 15):
                ground = f"#{red:02X}{green:02X}{blue:02X}"
                assert contrast.ratio(contrast.readable_on(ground), ground) >= contrast.AA


def test_our_own_colours_pass():
    assert [pair.what for pair in measured(**OURS) if not pair.passes] == []


@pytest.mark.parametrize(
    ("field", "colour"), [("accent", "#57C2BB"), ("accent_dark", "#0E6B6B"), ("ink", "#C0C0C0"), ("accent", "#777777")]
)
def test_a_colour_that_cannot_be_read_is_named(field, colour):
    assert field in {pair.field for pair in measured(**OURS | {field: colour}) if not pair.passes}


def test_a_ratio_is_never_rounded_up_to_a_pass():
    pair = next(pair for pair in measured(**OURS | {"ink": "#777777", "paper": "#FFFFFF"}) if pair.text == "#777777")
    assert pair.ratio == 4.47
    assert not pair.passes


def test_the_style_sheet_gives_our_tokens_and_tablers():
    css = Brand(name="FOUZIES", **OURS).css
    light, dark = css.split("[data-bs-theme=dark]", 1)
    assert "--brand-accent:#0E6B6B;" in light
    assert "--brand-accent-fg:#FFFFFF;" in light
    assert "--tblr-primary:#0E6B6B;" in light
    assert "--tblr-primary-rgb:14,107,107;" in light
    assert "--brand-accent:#57C2BB;" in dark
    assert "--brand-accent-fg:#000000;" in dark


def test_the_hash_changes_with_what_is_seen():
    ours = Brand(name="FOUZIES", **OURS)
    others = [
        Brand(name="X", **OURS),
        Brand(name="FOUZIES", **OURS, logo="a.svg"),
        Brand(name="FOUZIES", **OURS, mark="a"),
    ]
    others += [Brand(name="FOUZIES", **OURS | {name: "#123456"}) for name in OURS]
    assert len({each.hash for each in [ours, *others]}) == 1 + len(others)


# --- Pictures


def svg(inner: str = "", attributes: str = "", before: str = "") -> bytes:
    return (
        f'{before}<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' viewBox="0 0 9 9" {attributes}>{inner}</svg>'
    ).encode()


def png(width: int = 40, height: int = 10) -> bytes:
    out = BytesIO()
    Image.new("RGB", (width, height), "#0E6B6B").save(out, "PNG")
    return out.getvalue()


def check(content: bytes):
    return pictures.checked(SimpleUploadedFile("logo.svg", content))


@pytest.mark.parametrize(
    "content",
    [
        svg('<path d="M0 0h9v9z" fill="url(#a)"/>'),
        svg('<defs><linearGradient id="a"><stop offset="0"/></linearGradient></defs><rect style="fill: url( #a )"/>'),
        svg('<use xlink:href="#sign"/><style>.a { fill: red }</style>'),
        svg("<image/>".replace("image", "g"), before='<?xml version="1.0" encoding="UTF-8"?>'),
        svg('<n:view xmlns:n="http://inkscape.org/x" n:export-filename="C:\\\\logo.png"/>'),
    ],
)
def test_a_drawing_is_taken_as_it_is(content):
    kept = check(content)
    assert kept.read() == content
    assert kept.name.endswith(".svg")


@pytest.mark.parametrize(
    "content",
    [
        svg("<script>alert(1)</script>"),
        svg('<script href="https://evil.example/x.js"/>'),
        svg(attributes='onload="alert(1)"'),
        svg('<rect OnClick="alert(1)"/>'),
        svg('<foreignObject><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject>'),
        svg('<h:script xmlns:h="http://www.w3.org/1999/xhtml">alert(1)</h:script>'),
        svg('<a href="javascript:alert(1)"><rect/></a>'),
        svg('<image href="https://evil.example/track.png"/>'),
        svg('<use href="https://evil.example/x.svg#a"/>'),
        svg('<use xlink:href="//evil.example/x.svg#a"/>'),
        svg('<use href="data:image/svg+xml;base64,PHN2Zz48L3N2Zz4="/>'),
        svg('<rect fill="url(https://evil.example/x)"/>'),
        svg('<rect style="background: u\\\\72l(https://evil.example/x)"/>'),
        svg('<style>@import "https://evil.example/x.css";</style>'),
        svg("<style>rect { fill: url('https://evil.example/x') }</style>"),
        svg('<animate attributeName="href" to="javascript:alert(1)"/>'),
        svg('<set attributeName="onload" to="alert(1)"/>'),
        svg(before='<!DOCTYPE svg [<!ENTITY a "b">]>'),
        svg("&a;", before='<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>'),
        svg(before='<?xml-stylesheet href="https://evil.example/x.css"?>'),
        b"<html><script>alert(1)</script></html>",
        b"<svg><script>alert(1)</script></svg>",
        b"GIF89a",
        b"",
        png()[:30],
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 40,
    ],
)
def test_anything_else_is_refused(content):
    with pytest.raises(ValidationError):
        check(content)


def test_a_large_file_is_refused():
    with pytest.raises(ValidationError, match="512"):
        check(svg("<g/>" * 200_000))


def test_a_png_that_is_huge_in_memory_is_refused():
    with pytest.raises(ValidationError, match=r"pixels|damaged"):
        check(png(6000, 6000))


def test_a_png_is_taken():
    assert check(png()).name.endswith(".png")


@pytest.mark.django_db
def test_the_name_of_a_picture_is_made_of_its_content(admin):
    company = Company.current()
    company.revise({"logo": check(svg("<g/>"))}, by=admin, version=company.version)
    first = Company.current().logo.name
    company.revise({"logo": check(png())}, by=admin, version=company.version)
    assert Company.current().logo.name != first


@pytest.mark.django_db
def test_the_brand_of_a_page_is_that_of_the_whole_row(admin):
    company = Company.current()
    company.revise({"trade_name": "Blau", "ink": "#101020", "logo_dark": check(png())}, by=admin, version=1)
    assert Company.current_brand() == Company.current().brand
    assert Company.current_brand().logo_dark
