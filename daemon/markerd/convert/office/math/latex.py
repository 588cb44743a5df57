"""LaTeX for the content of formulas: characters, functions, and the constructs that MathML and Word have in common."""

from __future__ import annotations

import unicodedata

_SYMBOLS = {
    "±": r"\pm", "∓": r"\mp", "×": r"\times", "÷": r"\div", "⋅": r"\cdot", "·": r"\cdot", "∗": "*", "∘": r"\circ",
    "≤": r"\leq", "≥": r"\geq", "≠": r"\neq", "≈": r"\approx", "≡": r"\equiv", "∼": r"\sim", "≃": r"\simeq",
    "∝": r"\propto", "≪": r"\ll", "≫": r"\gg", "∞": r"\infty", "∂": r"\partial", "∇": r"\nabla", "∑": r"\sum",
    "∏": r"\prod", "∐": r"\coprod", "∫": r"\int", "∬": r"\iint", "∭": r"\iiint", "∮": r"\oint", "√": r"\surd",
    "→": r"\to", "←": r"\leftarrow", "↔": r"\leftrightarrow", "⇒": r"\Rightarrow", "⇐": r"\Leftarrow",
    "⇔": r"\Leftrightarrow", "↦": r"\mapsto", "↑": r"\uparrow", "↓": r"\downarrow", "∈": r"\in", "∉": r"\notin",
    "∋": r"\ni", "⊂": r"\subset", "⊃": r"\supset", "⊆": r"\subseteq", "⊇": r"\supseteq", "∪": r"\cup", "∩": r"\cap",
    "∅": r"\emptyset", "∀": r"\forall", "∃": r"\exists", "¬": r"\neg", "∧": r"\wedge", "∨": r"\vee", "⊕": r"\oplus",
    "⊗": r"\otimes", "⊥": r"\perp", "∥": r"\parallel", "∠": r"\angle", "′": "'", "″": "''", "…": r"\ldots",
    "⋯": r"\cdots", "⋮": r"\vdots", "⋱": r"\ddots", "ℏ": r"\hbar", "ℓ": r"\ell", "−": "-", "⟨": r"\langle",
    "⟩": r"\rangle", "⌈": r"\lceil", "⌉": r"\rceil", "⌊": r"\lfloor", "⌋": r"\rfloor", "‖": r"\|", "∣": "|",
    "\\": r"\backslash", "{": r"\{", "}": r"\}", "%": r"\%", "#": r"\#", "&": r"\&", "_": r"\_", "$": r"\$",
    "~": r"\sim", "\u2061": "", "\u2062": "", "\u2063": ",", "\u2064": "+", "\u00a0": r"\ ", "\u200b": "",
}  # fmt: skip
_GREEK_CAPITALS = {"gamma", "delta", "theta", "lambda", "xi", "pi", "sigma", "upsilon", "phi", "psi", "omega"}
_GREEK_VARIANTS = {"ϵ": r"\epsilon", "ϑ": r"\vartheta", "ϕ": r"\phi", "φ": r"\varphi", "ε": r"\varepsilon"}
FUNCTIONS = frozenset({
    "arccos", "arcsin", "arctan", "arg", "cos", "cosh", "cot", "coth", "csc", "deg", "det", "dim", "exp", "gcd",
    "hom", "inf", "ker", "lg", "lim", "liminf", "limsup", "ln", "log", "max", "min", "sec", "sin", "sinh", "sup",
    "tan", "tanh",
})  # fmt: skip
ACCENTS = {
    "\u0302": "hat", "^": "hat", "ˆ": "hat", "\u0303": "tilde", "~": "tilde", "˜": "tilde", "\u0304": "bar",
    "\u0305": "overline", "¯": "bar", "‾": "overline", "_": "underline", "\u0332": "underline", "\u0307": "dot",
    "˙": "dot", "\u0308": "ddot", "¨": "ddot", "\u20d7": "vec", "→": "vec", "\u030c": "check",
    "\u0306": "breve", "\u0301": "acute", "\u0300": "grave", "⏞": "overbrace", "⏟": "underbrace",
}  # fmt: skip


def write_text(text: str) -> str:
    """Write characters of a formula. A character without a name in LaTeX stays, since math renderers take Unicode."""
    return "".join(_write_character(character) for character in text)


def write_words(text: str) -> str:
    """Write prose within a formula."""
    escaped = "".join("\\" + c if c in "{}%#&_$" else c for c in text)
    return rf"\text{{{escaped}}}" if text.strip() else " "


def write_name(text: str) -> str:
    """Write a function or an operator of several letters."""
    bare = text.strip()
    return rf"\{bare} " if bare in FUNCTIONS else rf"\operatorname{{{write_text(bare)}}}"


def write_fraction(top: str, bottom: str) -> str:
    return rf"\frac{{{top}}}{{{bottom}}}"


def write_root(inside: str, degree: str = "") -> str:
    return rf"\sqrt[{degree}]{{{inside}}}" if degree else rf"\sqrt{{{inside}}}"


def write_scripts(base: str, below: str = "", above: str = "") -> str:
    base = base if _is_one_thing(base) else f"{{{base}}}"
    return base + (f"_{{{below}}}" if below else "") + (f"^{{{above}}}" if above else "")


def write_accent(inside: str, mark: str, is_over: bool) -> str:
    command = ACCENTS.get(mark.strip())
    if command:
        return rf"\{command}{{{inside}}}"
    return rf"\{'overset' if is_over else 'underset'}{{{write_text(mark)}}}{{{inside}}}"


def write_matrix(rows: list[list[str]]) -> str:
    return r"\begin{matrix}" + r" \\ ".join(" & ".join(row) for row in rows) + r"\end{matrix}"


def write_fence(opening: str, inside: str, closing: str) -> str:
    return rf"\left{write_text(opening) or '.'} {inside} \right{write_text(closing) or '.'}"


def _is_one_thing(base: str) -> bool:
    return len(base) <= 1 or (base.startswith("\\") and base[1:].strip().isalpha())


def _write_character(character: str) -> str:
    if character in _SYMBOLS or character in _GREEK_VARIANTS:
        return _add_space(_SYMBOLS.get(character) or _GREEK_VARIANTS.get(character, ""))
    plain = unicodedata.normalize("NFKC", character) if character >= "\U0001d400" else character
    return _write_greek(plain) or plain


def _write_greek(character: str) -> str:
    words_of_name = unicodedata.name(character, "").split() if len(character) == 1 else []
    if words_of_name[:1] != ["GREEK"] or words_of_name[2:3] != ["LETTER"] or len(words_of_name) != 4:
        return ""
    letter = "lambda" if words_of_name[3] == "LAMDA" else words_of_name[3].lower()
    if letter in ("omicron", "final"):
        return ""
    if words_of_name[1] == "SMALL":
        return rf"\{letter} "
    return rf"\{letter.capitalize()} " if letter in _GREEK_CAPITALS else ""


def _add_space(command: str) -> str:
    """End a command of letters with a space, or the next letter would belong to its name."""
    return f"{command} " if command[-1:].isalpha() and command.startswith("\\") else command
