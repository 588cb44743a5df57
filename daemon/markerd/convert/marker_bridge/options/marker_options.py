"""What options Marker knows, by its own crawler: which of its classes have one, and of which type.

Importing this is cheap; the first question imports the clients of every service that Marker can call.
"""

from __future__ import annotations

import difflib
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Owner:
    """One of Marker's classes that has an option: its name, its group, such as "Processor", and the declared type."""

    class_name: str
    group: str
    annotation: Any


@functools.cache
def list_marker_classes() -> Mapping[str, Mapping[str, type]]:
    """List Marker's classes by their group and their name."""
    groups = _crawl().items()
    return {group: {name: found["class_type"] for name, found in classes.items()} for group, classes in groups}


@functools.cache
def list_marker_options() -> Mapping[str, tuple[Owner, ...]]:
    """List Marker's options, without class names, and the classes that have each of them."""
    found: dict[str, list[Owner]] = {}
    for group, classes in _crawl().items():
        for class_name, details in classes.items():
            for option, (annotation, *_) in details["config"].items():
                found.setdefault(option, []).append(Owner(class_name, group, annotation))
    return {option: tuple(owners) for option, owners in found.items()}


def find_owners(name: str) -> tuple[Owner, ...]:
    """Return the classes that an option is meant for: one if its name begins with a class, else all that have it."""
    class_name, option = split_class_name(name)
    owners = list_marker_options().get(option, ())
    return tuple(owner for owner in owners if class_name in ("", owner.class_name))


def split_class_name(name: str) -> tuple[str, str]:
    """Split `LayoutBuilder_mode` into the class and the option; the class is empty where the name has none."""
    class_name, underscore, option = name.partition("_")
    return (class_name, option) if underscore and class_name[:1].isupper() else ("", name)


def find_similar_option(name: str) -> str | None:
    """Return the option whose name is most like an unknown one, with its class if that has one."""
    class_name, option = split_class_name(name)
    names = list(list_marker_options())
    if class_name:
        names = [f"{owner.class_name}_{each}" for each, owners in list_marker_options().items() for owner in owners]
    close = difflib.get_close_matches(name if class_name else option, names, n=1)
    return close[0] if close else None


def _crawl() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    from marker.config.crawler import crawler

    found: Mapping[str, Mapping[str, Mapping[str, Any]]] = crawler.class_config_map
    return found
