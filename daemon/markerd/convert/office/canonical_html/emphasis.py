"""Emphasis in canonical HTML, in the fewest elements: neighbours with the same emphasis share it, also where it began
in different elements.

Markdown cannot say `<i>all </i><b><i>of</i></b><i> it</i>` element by element, because its marks would stand side by
side; `<i>all <b>of</b> it</i>` it can.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bs4 import Tag
from bs4.element import PageElement

MARKS = ("b", "i", "del", "u", "sup", "sub")
UNDO = {"b": "not-b", "i": "not-i"}
"""The elements within a mark that it does not hold for."""
_UNDONE = {name: mark for mark, name in UNDO.items()}
_CODE_MARKS = frozenset({"del", "sup", "sub"})

Leaf = tuple[PageElement, frozenset[str]]
"""A node, and the marks that are on it."""


def regroup(holder: Tag) -> None:
    """Regroup the emphasis among the children of an element, in place."""
    leaves = list(_iterate_leaves(holder, frozenset()))
    holder.clear()
    for node in _group(leaves):
        holder.append(node)


def regroup_all(body: Tag) -> None:
    """Regroup all emphasis that is nested in each other."""
    holders: dict[int, Tag] = {}
    for inner in body.find_all([*MARKS, *_UNDONE]):
        outer = inner
        while outer.parent is not None and outer.parent.name in (*MARKS, *_UNDONE):
            outer = outer.parent
        if outer.parent is not None and (outer is not inner or inner.name in _UNDONE):
            holders[id(outer.parent)] = outer.parent
    for holder in holders.values():
        regroup(holder)


def split_code(code: Tag) -> None:
    """Take marks out of code, which holds only text: what is struck or raised stands around its part of the code."""
    leaves = list(_iterate_leaves(code, frozenset()))
    around = frozenset.intersection(*(marks for _, marks in leaves)) if leaves else frozenset()
    told = [(node, (marks & _CODE_MARKS) | around) for node, marks in leaves]
    if not any(marks for _, marks in told):
        return
    pieces = []
    for node, marks in told:
        piece = Tag(name="code")
        piece.append(node.extract())
        pieces.append((piece, marks))
    for made in _group(pieces):
        code.insert_before(made)
    code.decompose()


def _iterate_leaves(holder: Tag, marks: frozenset[str]) -> Iterator[Leaf]:
    for child in list(holder.children):
        if isinstance(child, Tag) and child.name in MARKS:
            yield from _iterate_leaves(child, marks | {child.name})
        elif isinstance(child, Tag) and child.name in _UNDONE:
            yield from _iterate_leaves(child, marks - {_UNDONE[child.name]})
        else:
            yield child, marks


def _group(leaves: Sequence[Leaf]) -> list[PageElement]:
    """Return nodes in which each mark reaches as far as it can."""
    made: list[PageElement] = []
    at = 0
    while at < len(leaves):
        node, marks = leaves[at]
        if not marks:
            made.append(node.extract())
            at += 1
            continue
        ends = {mark: _find_end(leaves, at, mark) for mark in MARKS if mark in marks}
        widest = max(ends, key=lambda mark: ends[mark])
        element = Tag(name=widest)
        for inner in _group([(each, told - {widest}) for each, told in leaves[at : ends[widest]]]):
            element.append(inner)
        made.append(element)
        at = ends[widest]
    return made


def _find_end(leaves: Sequence[Leaf], at: int, mark: str) -> int:
    """Return where the leaves with a mark end that begin at a place."""
    while at < len(leaves) and mark in leaves[at][1]:
        at += 1
    return at
