"""HTML: what is for the reader, and what is for the site; lists and formulas as a page carries them; notes."""

from __future__ import annotations

from pathlib import Path

import pytest

from structured import markdown, page

_SITE = """<a class="skip-link" href="#m">Skip to content</a>
<header role="banner"><a href="/">Home</a><h1>Lamp</h1><nav><a href="/p">Products</a></nav></header>
<div role="navigation"><button>move</button><a href="#h">History</a></div>
<main id="m"><p>A lamp gives light.</p><button>Copy</button><h2><button>Is it old?</button></h2><p>It is, and was lit
by oil for a very long time.</p><aside>Of glass.</aside></main>
<aside>Related: candles</aside><div id="cookie-banner">We use cookies <button>Accept</button></div>
<div role="dialog">Subscribe!</div><footer>Imprint</footer>"""


def test_only_what_is_for_the_reader_comes_out(tmp_path: Path) -> None:
    """The title stays where it stands in the banner, and so does a question that opens when it is pressed."""
    lines = ["# Lamp", "A lamp gives light.", "## Is it old?", "It is, and was lit by oil for a very long time."]
    assert markdown(page(tmp_path, _SITE)) == "\n\n".join([*lines, "Of glass."])


def test_whole_page_comes_out_where_the_folder_says_so(tmp_path: Path) -> None:
    path = page(tmp_path, _SITE)
    shown = markdown(path, web_boilerplate="keep")
    assert [
        word for word in ("Products", "We use cookies", "Subscribe!", "Imprint", "candles") if word not in shown
    ] == []


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("<nav><p>Only this</p></nav>", "Only this"),
        ("<header><p>Head</p></header><p>Text</p><footer>Foot</footer>", "Head\n\nText\n\nFoot"),
        ("<article><div class='cookie-notice-post'><h1>Cookies</h1>Flour.</div></article>", "# Cookies\n\nFlour."),
        ("<div class='cookie-recipe'>Take flour.</div>", "Take flour."),
        ("<p>Press <button>Enter</button> now</p>", "Press Enter now"),
        (
            "<main>x</main><aside>A much longer text than the main part has</aside>",
            "x\n\nA much longer text than the main part has",
        ),
    ],
)
def test_text_that_may_be_for_the_reader_stays(tmp_path: Path, body: str, shown: str) -> None:
    """A page of nothing else, heads and feet without a main part, what only sounds like a notice."""
    assert markdown(page(tmp_path, body)) == shown


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("<ol reversed start=5><li>five<li>four</ol>", "- 5. five\n- 4. four"),
        ("<ol reversed><li>two<li>one</ol>", "- 2. two\n- 1. one"),
        ("<ol type=a><li>first<li value=7>seventh</ol>", "- a. first\n- g. seventh"),
        ("<ol type=I start=3><li>three</ol>", "- III. three"),
        ("<ol style='list-style-type:lower-alpha'><li>x<li>y</ol>", "- a. x\n- b. y"),
        ("<ol><li>a<li value=4>b<li>c</ol>", "1. a\n\n4. b\n5. c"),
        ("<ul><li>x<ol start=3><li>y</ol></ul>", "- x\n\n  3. y"),
    ],
)
def test_items_have_the_numbers_that_are_shown(tmp_path: Path, body: str, shown: str) -> None:
    assert markdown(page(tmp_path, body)).replace("\\.", ".") == shown


def test_paragraphs_of_word_are_lists_again(tmp_path: Path) -> None:
    """By their level, with the numbers that Word wrote as text."""

    def item(level: int, label: str, text: str) -> str:
        mark = f"<![if !supportLists]><span style='mso-list:Ignore'>{label}<span>&nbsp; </span></span><![endif]>"
        return f"<p class=MsoListParagraph style='margin-left:1cm;mso-list:l0 level{level} lfo1'>{mark}{text}</p>\n"

    body = item(1, "1.", "One") + item(2, "·", "dot") + item(2, "o", "ring") + item(1, "2.", "Two") + "<p>Then</p>"
    body += item(1, "a)", "letter")
    assert markdown(page(tmp_path, body)) == "1. One\n   - dot\n   - ring\n2. Two\n\nThen\n\n- a) letter"


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (r"see <script type='math/tex'>e^{i\pi}<1</script> here", r"see $e^{i\pi}<1$ here"),
        ("<p>x</p><script type='math/tex; mode=display'>a+b</script>", "x\n\n$$a+b$$"),
        (
            "<span class=katex><span class=katex-mathml><math><semantics><mi>x</mi><annotation encoding="
            "'application/x-tex'>x^2</annotation></semantics></math></span><span class=katex-html aria-hidden=true>"
            "x2</span></span>",
            "$x^2$",
        ),
        ("<span class=MathJax_Preview>y2</span><script type='math/tex'>y^2</script>", "$y^2$"),
        (r"<img class=mwe-math-fallback-image-inline alt='{\displaystyle y^{3}}' src=x.svg>", "$y^{3}$"),
        (r"MathJax reads \(a_1\), and <code>\(b\)</code> not", r"MathJax reads $a_1$, and `\(b\)` not"),
        (r"nobody reads \(a\)", r"nobody reads \\(a\\)"),
    ],
)
def test_formulas_of_pages_come_out_once(tmp_path: Path, body: str, shown: str) -> None:
    """As TeX, whichever program would draw them; TeX in the text only where there is such a program."""
    assert markdown(page(tmp_path, body)) == shown


def test_empty_elements_do_not_swallow_what_follows(tmp_path: Path) -> None:
    """The parser does not know that these have no end."""
    body = "<p>one<wbr>, two</p><picture><source srcset=x><img alt=three></picture> <p>four"
    assert markdown(page(tmp_path, body)) == "one, two\n\nthree\n\nfour"


def test_notes_are_notes(tmp_path: Path) -> None:
    """Those that a reader of books would show at their reference, too, and those of a list with their number."""
    body = "<p>Whale<a href='#n' epub:type=noteref>1</a> and eel<a href='#m'>2</a>.</p>"
    body += "<aside id=n epub:type=footnote hidden><p>A mammal.</p></aside>"
    body += "<section role=doc-endnotes><ol start=2><li id=m><p>A fish. <a href='#r' role=doc-backlink>↩</a></p></ol>"
    shown = markdown(page(tmp_path, body))
    assert "A mammal." in shown
    assert "<sup>2</sup> A fish." in shown
    assert "↩" not in shown
