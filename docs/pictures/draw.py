#!/usr/bin/env python3
"""Draws a terminal's screen, as `tmux capture-pane -e` gives it, as SVG: draw.py TITLE < screen > picture.svg"""

import re
import sys
from html import escape

WIDTH, HEIGHT, SIZE, MARGIN, TOP = 8.4, 19, 14, 16, 44
BACK, FORE = "#16181d", "#d6d9e0"
COLORS = ["#3b4048", "#e5686a", "#8cc265", "#d9b25f", "#61a6f2", "#c586d8", "#56b6c2", "#c8ccd4",
          "#6b7280", "#ff8a8c", "#a8de84", "#f2cd7d", "#86bcff", "#dba3ec", "#7bd3de", "#ffffff"]


def color(codes):
    """The colour that `38` or `48` is followed by; takes what it reads."""
    if codes.pop(0) == 2:
        return "#" + "".join(f"{codes.pop(0):02x}" for _ in range(3))
    index = codes.pop(0)
    if index < 16:
        return COLORS[index]
    if index >= 232:
        return "#" + f"{8 + (index - 232) * 10:02x}" * 3
    index -= 16
    levels = [0, 95, 135, 175, 215, 255]
    return "#" + "".join(f"{levels[part]:02x}" for part in (index // 36, index // 6 % 6, index % 6))


def change(style, codes):
    """Applies the parameters of one `CSI … m` (ECMA-48, section 8.3.117)."""
    codes = [int(code or 0) for code in codes.replace(":", ";").split(";")]
    while codes:
        code = codes.pop(0)
        if code == 0:
            style.clear()
        elif code in (1, 2, 3, 4, 7):
            style[code] = True
        elif code == 22:
            style.pop(1, None), style.pop(2, None)
        elif code in (23, 24, 27):
            style.pop(code - 20, None)
        elif code in (38, 48):
            style["fore" if code == 38 else "back"] = color(codes)
        elif code in (39, 49):
            style.pop("fore" if code == 39 else "back", None)
        else:
            for first, name, bright in ((30, "fore", 0), (40, "back", 0), (90, "fore", 8), (100, "back", 8)):
                if first <= code < first + 8:
                    style[name] = COLORS[code - first + bright]


def cells(line, style):
    """The line in pieces of one style: where each begins, what it says, how it looks."""
    at = 0
    for piece in re.split(r"(\x1b\[[\d;:]*m)", line):
        if piece.startswith("\x1b"):
            change(style, piece[2:-1])
        elif piece:
            yield at, piece, dict(style)
            at += len(piece)


def draw(title, lines):
    width = max([len(re.sub(r"\x1b\[[\d;:]*m", "", line)) for line in lines] + [60])
    right, bottom = width * WIDTH + 2 * MARGIN, len(lines) * HEIGHT + TOP + MARGIN
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {right:.0f} {bottom}" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="100%" height="100%" rx="8" fill="{BACK}"/>',
        f'<text x="50%" y="26" text-anchor="middle" font-family="sans-serif" font-size="13" fill="#8b93a1">{escape(title)}</text>',
        f'<g font-family="ui-monospace, Menlo, Consolas, \'DejaVu Sans Mono\', monospace" font-size="{SIZE}" fill="{FORE}">',
    ]
    style = {}
    for row, line in enumerate(lines):
        top = TOP + row * HEIGHT
        for at, text, look in cells(line, style):
            fore, back = look.get("fore", FORE), look.get("back")
            if look.get(7):
                fore, back = back or BACK, fore
            left, length = MARGIN + at * WIDTH, len(text) * WIDTH
            if back:
                out.append(f'<rect x="{left:.1f}" y="{top}" width="{length:.1f}" height="{HEIGHT}" fill="{back}"/>')
            if text.strip():
                # Whoever draws it may take several spaces for one.
                inner = text.strip(" ")
                left += (len(text) - len(text.lstrip(" "))) * WIDTH
                length, text = len(inner) * WIDTH, inner.replace(" ", "\u00a0")
                more = ' font-weight="bold"' if look.get(1) else ""
                more += ' opacity="0.6"' if look.get(2) else ""
                more += ' font-style="italic"' if look.get(3) else ""
                more += ' text-decoration="underline"' if look.get(4) else ""
                out.append(
                    f'<text x="{left:.1f}" y="{top + 14}" fill="{fore}" textLength="{length:.1f}"{more}>{escape(text)}</text>'
                )
    return "\n".join(out + ["</g>", "</svg>", ""])


lines = sys.stdin.read().rstrip("\n").split("\n")
sys.stdout.write(draw(sys.argv[1], [line.rstrip() for line in lines]))
