"""What is drawn can be read by a scanner: each code goes through a PDF and is decoded."""

import random
import subprocess

import pytest
import zxingcpp
from PIL import Image

from gmtc import barcodes, pdf


def scanned(svg: str, tmp_path, *, width: str, height: str) -> str:
    html = f"<style>@page {{ margin: 10mm }} svg {{ width: {width}; height: {height} }}</style>{svg}"
    file = tmp_path / "code.pdf"
    file.write_bytes(pdf.typesetter().write(html, files={}))
    subprocess.run(["pdftoppm", "-r", "200", "-png", "-singlefile", file, tmp_path / "code"], check=True)
    found = zxingcpp.read_barcodes(Image.open(tmp_path / "code.png"))
    return found[0].text if found else ""


@pytest.mark.parametrize("text", ["FZ-2026-0001", "1234567890", "A", "RE-2026-00012345", "part {x} ~!", "12345"])
def test_a_code_128_is_read_back(text, tmp_path):
    assert scanned(barcodes.code128(text), tmp_path, width="90mm", height="16mm") == text


def test_any_number_of_ours_is_read_back(tmp_path):
    random.seed(128)
    text = "".join(random.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-./ ") for _n in range(18)).strip()
    assert scanned(barcodes.code128(text), tmp_path, width="150mm", height="16mm") == text


def test_a_qr_code_is_read_back(tmp_path):
    text = "https://erp.example.com/p/FZ-2026-0001?ä=ß"
    assert scanned(barcodes.qr(text), tmp_path, width="30mm", height="30mm") == text


@pytest.mark.parametrize("text", ["", "Größe", "tab\t"])
def test_code_128_refuses_what_it_cannot_hold(text):
    with pytest.raises(ValueError):
        barcodes.code128(text)


def test_the_text_of_a_code_cannot_become_markup():
    assert "<script" not in barcodes.code128('"><script>')
