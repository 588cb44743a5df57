"""Makes `daemon/markerd/data/fonts/Placeholder.ttf`: a frame for every character, with one glyph.

python tests/support/placeholder_font.py TARGET
"""

from __future__ import annotations

import sys

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import newTable
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable

OUTER = ((60, -60), (60, 820), (940, 820), (940, -60))
INNER = ((120, 0), (880, 0), (880, 760), (120, 760))
# All but spaces, controls and surrogates: the plane of most scripts, then pictures and the rarer ideographs.
SHOWN = ((0x21, 0x7F), (0xA1, 0x2000), (0x2010, 0x2028), (0x2030, 0x205F), (0x2070, 0x3000), (0x3001, 0xD800))
SHOWN_TOO = ((0xE000, 0xFEFF), (0xFF00, 0x10000), (0x1F000, 0x32000))


def placeholder_font() -> FontBuilder:
    """Each glyph as wide as high, as East Asian type is."""
    font = FontBuilder(1000, isTTF=True)
    font.font.recalcTimestamp = False
    font.setupGlyphOrder([".notdef", "frame"])
    pen = TTGlyphPen(None)
    for first, *others in (OUTER, INNER):
        pen.moveTo(first)
        for point in others:
            pen.lineTo(point)
        pen.closePath()
    font.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "frame": pen.glyph()})
    font.setupHorizontalMetrics({".notdef": (1000, 0), "frame": (1000, 60)})
    font.font["cmap"] = newTable("cmap")
    font.font["cmap"].tableVersion, font.font["cmap"].tables = 0, [_one_glyph_for_all()]
    font.setupHorizontalHeader(ascent=880, descent=-120)
    font.setupOS2(sTypoAscender=880, sTypoDescender=-120)
    font.setupNameTable({"familyName": "Placeholder", "styleName": "Regular"})
    font.setupPost()
    return font


def _one_glyph_for_all() -> CmapSubtable:
    table = CmapSubtable.newSubtable(13)  # many characters, one glyph: a range takes twelve bytes
    table.platformID, table.platEncID, table.language = 3, 10, 0
    table.format, table.reserved, table.length = 13, 0, 0
    table.cmap = {code: "frame" for span in (*SHOWN, *SHOWN_TOO) for code in range(*span)}
    return table


if __name__ == "__main__":
    placeholder_font().save(sys.argv[1])
