"""Codes on labels, type plates and invoices, drawn as SVG with attributes only, so they work on screen and on paper."""

import segno
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

# Code 128 (ISO/IEC 15417): widths of bar, space, bar, space, bar, space for the values 0 to 105, then stop.
WIDTHS = """
212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 123122
123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 232121 111323
131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 313121 211331 231131
213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 111422 121124 121421 141122
141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 111242 121142 121241 114212 124112
124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 114311 411113 411311 113141 114131 311141
411131 211412 211214 211232 2331112
""".split()
START_B, START_C, TO_C, STOP = 104, 105, 99, 106
QUIET = 10


def qr(text: str, *, error: str = "m") -> SafeString:
    """A QR code that fills its box; `error` is the correction level (GiroCode wants m)."""
    return mark_safe(  # noqa: S308  segno draws it, the text is only in its modules
        segno.make(text, error=error, micro=False).svg_inline(omitsize=True, border=2, dark="#000", light="#fff")
    )


def code128(text: str) -> SafeString:
    """A Code 128 that fills its box, for printable ASCII; raises ValueError for other text."""
    modules = "".join(WIDTHS[value] for value in values_of(text))
    bars, x = [], QUIET
    for position, width in enumerate(map(int, modules)):
        if position % 2 == 0:
            bars.append(f"M{x} 0h{width}v30h-{width}z")
        x += width
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} 30" preserveAspectRatio="none" role="img"'
        ' aria-label="{}"><path d="{}" fill="#000"/></svg>',
        x + QUIET,
        text,
        "".join(bars),
    )


def values_of(text: str) -> list[int]:
    """Start, data, check and stop. Pairs of digits at the end go into code set C, half as wide."""
    if not text or any(not " " <= character <= "~" for character in text):
        raise ValueError(f"Code 128 B holds printable ASCII only: {text!r}")
    digits = len(text) - len(text.rstrip("0123456789"))
    paired = digits - digits % 2 if digits >= 4 else 0
    head, tail = text[: len(text) - paired], text[len(text) - paired :]
    pairs = [int(tail[at : at + 2]) for at in range(0, paired, 2)]
    if head:
        values = [START_B, *(ord(character) - 32 for character in head)]
        values += [TO_C, *pairs] if pairs else []
    else:
        values = [START_C, *pairs]
    check = (values[0] + sum(place * value for place, value in enumerate(values))) % 103
    return [*values, check, STOP]
