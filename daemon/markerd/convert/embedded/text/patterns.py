"""The patterns of text that the rules look for, each defined once. Pure."""

from __future__ import annotations

import re

# Words and numbers.

WORD = re.compile(r"[^\W\d_]{3,}")
"""A word of three letters or more, of any script."""

DIGITS = re.compile(r"\d+")
"""A run of digits."""

NUMBER = re.compile(r"[-+±(\u2013]*[\d.,]*\d[\d.,]*[)%]*")
"""A whole cell or word that is a number: with its sign, brackets, separators or percent sign."""

SIGN_BEFORE_NUMBER = re.compile(r"[€$£¥₹±+\u2013-]|US\$|[<>≤≥~]")
"""A whole phrase that is set before a number and apart from it."""

SIGN_AFTER_NUMBER = re.compile(r"[%‰)]|\*{1,3}|[†‡]")
"""A whole phrase that is set after a number and apart from it."""

NUMBER_AT_END = re.compile(r"\s[\d.,]{1,9}$")
"""The number that ends an entry: a price, a page."""

# The ends of sentences. The layouts they serve differ, and so do the marks that count.

FULL_STOP_AT_END = re.compile(r"[.!?]\W*$")
"""The end of a sentence, whatever signs follow the full stop."""

SENTENCE_END = re.compile(r"[.!?:\u3002\u2026][\"'\u201d\u2019)\]]*\s*$")
"""The end of a sentence on a scan: a full stop of the West or the East, a colon, quotes and brackets after it."""

CLAUSE_END = re.compile(r"[.!?:;…»”\"')\]]\s*$")
"""The end of a sentence, a clause, a quotation or a bracket."""

INSIDE_SENTENCE = re.compile(r"^\W*(?-i:[a-z\u00df-\u00f6\u00f8-\u00ff]+)(?:\s+\S+){3,}\s*$")
"""A whole text of several words that begins with a small letter: a part of a sentence."""

HYPHEN_AT_END = re.compile("(?<=[^\\W\\d_])[\u2010\u2011\u00ad](?=\\s*$)")
"""The hyphen that a line's end breaks a word at, where it is not the common one."""

COMPOUND_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
"""A word of letters, with the hyphens inside it."""

HYPHENS = ("-", "\u2010")
"""The characters that a line's end breaks a word at."""

WIDE_SPACE = re.compile("[\u2002\u2003\u00a0\u200b\u3000]")
"""A space that is not the common one: en, em, no-break, zero-width, ideographic."""

# Lists. The hyphen bullet, the en dash and the em dash are written as escapes, since they look like the hyphen that
# stands last.

BULLETS = "•●○◦▪■□☐☑☒✓➢➤►▶❖◆◇‣∙·\u2043\u2013\u2014*-"
"""The characters that are bullets, for use in a character class."""

ITEM = re.compile(rf"^\s*(?:[{BULLETS}]\s|\(?\d{{1,3}}[.)]\s|\(?(?:[a-z]|[ivx]{{1,5}})[.)]\s)")
"""The beginning of a list item: a bullet, or a number or letter with a bracket or a dot."""

LETTERED = re.compile(r"^\s*\(?[a-z]\)\s")
"""The beginning of an item that a small letter counts: no reference has one."""

LIST_LABEL = re.compile(rf"^\s*(?:[{BULLETS}]|\(?(?:\d{{1,3}}|[a-z]|[ivx]{{1,4}})[.)])\s*$")
"""A whole line that is the label of a list item."""

HANGING_NUMBER = re.compile(r"(?:\d{1,3}[.)]|\.\d{1,2}|\d{1,2}(?:\.\d{1,2}){1,3}\.?|\(?(?:\d{1,3}|[a-z]|[ivx]{1,4})\))")
"""A whole line that is the number of a section, a paragraph or a clause."""

CELL_LABEL = re.compile(r"(?!\w+$).{0,3}|\(?\w{1,3}[.)]")
"""A whole cell that can be the label of a list item, or is empty."""

BULLETED = re.compile(rf"^\s*[{BULLETS}]\s")
"""The beginning of a line with a bullet."""

DASHED = re.compile(r"^\s*[\u2013\u2014*-]\s")
"""The beginning of a line with a dash or an asterisk, which may be no bullet."""

TICK_BOX = re.compile(r"^\s*[☐☑☒✓□](?=\s)")
"""The box to tick at the beginning of a line."""

UNKNOWN_BULLET = re.compile(r"^\s*[‣∙·\u2043*➢➤►▶❖◆◇✦➔→](?=\s)\s?")
"""A bullet that Marker does not know, at the beginning of a line."""

SCANNED_BULLET = re.compile(rf"^\s*(?:[•●○◦▪■□‣]\s*|[{BULLETS}]\s+)(?=\S)")
"""A bullet at the beginning of a line that OCR read, which may have lost the space after it."""

SCANNED_NUMBER = re.compile(r"^\s*\(?(\d{1,3}|[a-z])[.)]\s+(?=\S)")
"""The number or letter of a list item that OCR read."""

SPLIT_NUMBER = re.compile(r"^(\d{1,3}) (?=[.)] )")
"""The number of a list item that OCR found apart from the dot or bracket after it."""

LABELLED = re.compile(r"^\s*[^\W\d_][^:.,;!?]{0,30}:\s+\S")
"""The beginning of a line that is a label and its value: `Date of birth: 12 March`."""

# Headings, notes, captions and references.

CAPTION = re.compile(
    r"^\s*(?:fig(?:ure|\.)?|table|tab\.|abb(?:ildung|\.)?|tabelle|listing|algorithm|scheme|chart|exhibit|plate|figura"
    r"|tabla|tableau|tabella)\s*\d+(?:[.-]\d+)*\s*(?:[.:|\u2013\u2014-]|\s(?-i:[A-Z(])|$)",
    re.IGNORECASE,
)
"""The beginning of a caption in Western languages: `Figure 3:`, `Tab. 2.1`."""

NUMBERED_HEADING = re.compile(
    r"^\s*(?:(?i:chapter|section|part|appendix|annex)\s+(?:\d{1,2}|[A-Z]|[IVX]{1,5})[.:)]?|\d{1,2}(?:\.\d{1,2}){0,4}[.)]?"
    r"|(?:[A-Z]|[IVX]{1,5})[.)])\s+(?=[^\W\d_])"
)
"""The beginning of a numbered heading. A letter without a dot is a word: `A quiet evening`."""

HEADING_NUMBER = re.compile(r"^\s*(\d{1,2}(?:\.\d{1,2})*)[.)]?\s+\S")
"""The number of a heading, in arabic numerals."""

SECTION_NUMBER = re.compile(r"^\s*(\d{1,2}(?:\.\d{1,2}){0,4})[.)]?\s+(?=[^\W\d_])")
"""The number of a section in arabic numerals, before its words."""

ROMAN_SECTION_NUMBER = re.compile(r"^\s*([IVX]{1,5})[.)]\s+(?=[^\W\d_])")
"""The same in roman numerals."""

CHINESE_SECTION_NUMBER = re.compile(
    "^\\s*(?:\u7b2c([\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u5341]{1,3})[\u7ae0\u7bc0\u8282\u7de8\u7f16\u90e8]|([\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u5341]{1,3})\u3001)"
)
"""The same in the numerals of East Asia: the third chapter, or the third one before a comma."""

FOOTNOTE = re.compile(r"^\s*(?:\[?\d{1,3}\]?[.):]?|[*†‡§¶]{1,3})\s*(?=\S*[^\W\d_])")
"""The beginning of a footnote with its mark."""

AFFILIATED_NAME = re.compile(r"[^\W\d_][\u2217*†‡§¶#$+\d]{1,3}\s*(?:,|;|$|and\b|&)")
"""The end of an author's name with the mark of an affiliation."""

REFERENCE = re.compile(r"\W*\[\d{1,3}\]\s")
"""The beginning of an entry of a bibliography."""

INITIAL = re.compile(r"\s*[\u201c\"'\u2018\u00ab]?[^\W\d_]\s*")
"""A whole line that is a single letter, with an opening quote or without."""

# Tables of contents, indexes and page numbers.

LEADER = re.compile(r"(?:[.\u00b7_\u2026]\s?){4,}\s*$")
"""The leader that ends a line."""

LEADER_WITH_PAGE = re.compile(r"(?:[.\u00b7_\u2026]\s?){4,}\s*(?:\d{1,4}|[ivxlc]{1,6})\s*$")
"""A leader and the page that it leads to, at the end of a line."""

CONTENTS_ENTRY = re.compile(r"(?:[.\u00b7_\u2026]\s?){3,}\s*[\divxlc]{1,5}\s*$")
"""The end of an entry of a table of contents: a short leader is enough."""

CONTENTS_PAGE = re.compile(r"\s*(?:[A-Z]?-?\d{1,4}(?:[-.]\d{1,3})?|[ivxlc]{1,6})\s*")
"""A whole line that can be the page of an entry: `12`, `A-3`, `2.14`, `xii`."""

PLAIN_PAGE = re.compile(r"(?:\d{1,4}|[ivxlc]{1,6})\s*")
"""A whole text that is an arabic or roman page number."""

INDEX_ENTRY = re.compile(r"[^\W\d_]{3}.*,\s*\d{1,4}(?:\s?[\u2013-]\s?\d{1,4})?\s*$")
"""An entry of an index: a word, a comma, pages."""

_PAGE_WORD = r"(?:page|p\.|seite|s\.|pagina|página|стр\.?)"
_TOTAL = r"(?:\s*(?:/|of|von|de|sur|из)\s*\d{1,4})"

PAGE_NUMBER = re.compile(
    rf"^\W*{_PAGE_WORD}?\s*(\d{{1,4}}|(?=[ivxlc])(?:xc|xl|l?x{{0,3}})(?:ix|iv|v?i{{0,3}})){_TOTAL}?\W*$",
    re.IGNORECASE,
)
"""A whole line that can be a page number, which is the first group."""

CLEAR_PAGE_NUMBER = re.compile(
    rf"^\W*(?:{_PAGE_WORD}\s*\d{{1,4}}{_TOTAL}?|\d{{1,4}}\s+(?:of|von|de|sur|из)\s+\d{{1,4}}|[-\u2013\u2014]\s*\d{{1,4}}\s*[-\u2013\u2014])\W*$",
    re.IGNORECASE,
)
"""A whole line near the edge of a page that can be nothing but its number: `Page 3`, `3 of 9`, `- 3 -`.

`3/9` may be a date."""

# Formulas.

FUNCTION_NAME = re.compile(
    r"(?:arg|ln|log|lim|max|min|sup|inf|sin|cos|tan|exp|det|dim|mod|softmax|tanh|otherwise|if|for|and)+"
)
"""A whole word, in small letters, that stands in formulas."""

FORMULA_NUMBER = re.compile(r"\s*\((?:[A-Z]\.?)?\d{1,3}(?:\.\d{1,3})?[a-z]?\)\s*")
"""A whole line that is the number of a formula: `(3)`, `(A.2)`."""

# Fonts, by their names.

BOLD_FONT = re.compile(r"bold|black|heavy|demi|semibd|cmbx|sfbx|medi\b|[-_,]bd|(?<=[a-z])bd(?=$|[-_,])", re.IGNORECASE)
ITALIC_FONT = re.compile(r"ital|obli|slanted|cmti|sfti", re.IGNORECASE)
MONO_FONT = re.compile(
    r"mono|courier|consol|typewriter|cmtt|sftt|menlo|inconsolata|source ?code|firacode|nimbusmon|andale|lettergothic",
    re.IGNORECASE,
)
MATH_FONT = re.compile(
    r"cmmi|cmsy|cmex|cmbsy|msam|msbm|mathit|math(?!ilda)|symbol|mt-?extra|txsy|txmi|pxsy|rsfs|eufm|euex|esint|stmary",
    re.IGNORECASE,
)
FONT_STYLE = re.compile(
    r"^[A-Z]{6}\+|[-_,](?:[A-Za-z]*(?:bold|ital|obli|roman|regular|medi)[A-Za-z]*|mt)$", re.IGNORECASE
)
"""What the name of a font has before and after the name of its family."""

HEADING_TAG = re.compile(r"H[1-6]?|Title|(?i:heading[ _-]?[1-6]?)")
"""The kinds of a PDF's structure that are headings."""

SYMBOL_FONT = re.compile(r"wingding|webding|dingbat", re.IGNORECASE)

# Scripts that run from right to left.

RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
"""Any character of such a script."""

_RIGHT_TO_LEFT_LETTERS = "\u05d0-\u05ea\u0620-\u064a\u0671-\u06d3"
TOUCHING_SCRIPTS = re.compile(
    rf"(?<=[A-Za-z][A-Za-z])(?=[{_RIGHT_TO_LEFT_LETTERS}])|(?<=[{_RIGHT_TO_LEFT_LETTERS}])(?=[A-Za-z][A-Za-z])"
)
"""The place where Latin letters touch Arabic or Hebrew ones."""

LEFT_TO_RIGHT_RUN = re.compile(r"[^\W_]+(?:[.,:/'_@+-][^\W_]+|(?<=[a-zA-Z]) (?=[a-zA-Z])[^\W_]+)*")
"""Words and numbers that run from left to right, with the marks inside them: `3.14`, `10:30`, `a-b`, `big data`."""

# Garbled text.

CID_CODE = re.compile(r"\(cid:\d+\)")
"""What readers write for a glyph without Unicode."""

CONSONANT_RUN = re.compile(r"[bcdfghjklmnpqrstvwxz]{6,}", re.IGNORECASE)
"""More consonants in a row than words have."""

CASE_CHANGE = re.compile(r"[a-z][A-Z]")
"""A small letter before a capital one."""

# HTML, as Marker writes it.

HTML_TAG = re.compile(r"<[^>]*>")
"""Any tag."""

SENTENCE_WITHIN = re.compile(r"[a-z\d)\u201d\"]{2}[.!?] +[^\W\d_]|[^\W\d_]{2}[.!?]$")
"""The end of a sentence within a line or at its end."""

# The numbers of lines.

MOST_LINE_DIGITS = 4  # amounts in ten thousands have more

LINE_NUMBER_AT_START = re.compile(rf"\s*(\d{{1,{MOST_LINE_DIGITS}}})(?=\s|$)")
"""A number that stands by itself at the start of a line."""

LINE_NUMBER_AT_END = re.compile(rf"(?:^|(?<=\s))(\d{{1,{MOST_LINE_DIGITS}}})\s*$")
"""A number that stands by itself at the end of a line."""

SPEAKER = re.compile(r"^\W*(?:[QA]\W?|[A-Z][A-Z.\s]+:)\s")
"""Who speaks, at the start of a line of a transcript: `Q.`, `THE WITNESS:`."""

BETWEEN_LINES_HTML = re.compile(r"(?<=</content-ref>)\s*(?=<content-ref)")
"""What stands between the references to two lines of a block."""

BULLET_HTML = re.compile(r"^((?:\s|<[^>]*>)*)[•●○\u0d20◦■▪▫\u2013\u2014-](?= )")
"""The bullet of a list item. The space behind it stays: it shows that there was one."""

NUMBER_AFTER_BULLET_HTML = re.compile(r"^\s+\d{1,3}[.)]\s")
"""A number that is text. A bullet that Marker has removed leaves its space: `• 12. December`."""

ITEM_NUMBER_HTML = re.compile(r"^((?:<(?:b|i|u|a|span)\b[^>]*>)*)(\d{1,3})\.\s+(?=\S)")
"""The number of a list item, after the tags that it may begin with."""

# Wrongly decoded text.

PLAIN = re.compile("[\n -%'-~]*")
"""Text in which ftfy finds nothing: ASCII without control characters, and without the start of an HTML entity."""
