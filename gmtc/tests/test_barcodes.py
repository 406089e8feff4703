"""What is drawn can be read by a scanner: each code goes through a PDF and is decoded."""

import random

import pytest
import zxingcpp

from gmtc import barcodes, pdf
from gmtc.testing import picture_of

pytestmark = pytest.mark.paper


def scanned(svg: str, *, width: str, height: str) -> str:
    html = f"<style>@page {{ margin: 10mm }} svg {{ width: {width}; height: {height} }}</style>{svg}"
    found = zxingcpp.read_barcodes(picture_of(pdf.typesetter().write(html, files={})))
    return found[0].text if found else ""


@pytest.mark.parametrize("text", ["FZ-2026-0001", "1234567890", "A", "RE-2026-00012345", "part {x} ~!", "12345"])
def test_a_code_128_is_read_back(text):
    assert scanned(barcodes.code128(text), width="90mm", height="16mm") == text


def test_any_number_of_ours_is_read_back():
    random.seed(128)
    text = "".join(random.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-./ ") for _n in range(18)).strip()
    assert scanned(barcodes.code128(text), width="150mm", height="16mm") == text


def test_a_qr_code_is_read_back():
    text = "https://erp.example.com/p/FZ-2026-0001?ä=ß"
    assert scanned(barcodes.qr(text), width="30mm", height="30mm") == text


@pytest.mark.parametrize("text", ["", "Größe", "tab\t"])
def test_code_128_refuses_what_it_cannot_hold(text):
    with pytest.raises(ValueError):
        barcodes.code128(text)


def test_the_text_of_a_code_cannot_become_markup():
    assert "<script" not in barcodes.code128('"><script>')
