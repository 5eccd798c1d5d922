"""A font for tests of how text is shaped: bars instead of letters. Needs fonttools; writes letters.ttf beside itself.

In letters of 100 pixels: beh (U+0628) is a bar from 10 to 90 alone, from 10 to 70 at the start of a word, from 10 to 50 in the middle and
from 10 to 30 at the end, with 10 more behind each.
"""

import pathlib

from fontTools.feaLib.builder import addOpenTypeFeaturesFromString
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

BARS = {".notdef": 900, "beh": 900, "beh.init": 700, "beh.medi": 500, "beh.fina": 300}
FORMS = ["init", "medi", "fina"]


def bar(end):
    pen = TTGlyphPen(None)
    pen.moveTo((100, 0))
    for point in [(100, 500), (end, 500), (end, 0)]:
        pen.lineTo(point)
    pen.closePath()
    return pen.glyph()


font = FontBuilder(1000, isTTF=True)
font.setupGlyphOrder(list(BARS))
font.setupCharacterMap({0x628: "beh"})
font.setupGlyf({name: bar(end) for name, end in BARS.items()})
font.setupHorizontalMetrics({name: (end + 100, 100) for name, end in BARS.items()})
font.setupHorizontalHeader(ascent=800, descent=-200)
font.setupNameTable({"familyName": "Bars", "styleName": "Regular", "psName": "Bars"})
font.setupOS2(sTypoAscender=800, sTypoDescender=-200)
font.setupPost()
features = "".join(f"feature {form} {{ sub beh by beh.{form}; }} {form};" for form in FORMS)
addOpenTypeFeaturesFromString(font.font, "languagesystem DFLT dflt; languagesystem arab dflt;" + features)
font.font["head"].created = font.font["head"].modified = 0
font.font.recalcTimestamp = False
font.save(pathlib.Path(__file__).with_name("letters.ttf"))
