"""Keeps libraries out of the converter that Marker imports at its start and the embedded models hardly ever call.

A stand-in takes the place of each of them. The first call of one of its names imports the library and puts the real
names wherever Marker holds the stand-ins, so that nothing is different but the time. Without them a converter is ready
after 3.7 s of processor time in place of 6.5 s, and takes 390 MB in place of 520 MB (measured with the embedded models
on the machine of the benchmarks, 2026-11-28).
"""

from __future__ import annotations

import importlib
import sys
import types
import warnings
from collections.abc import Iterator
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any

LIBRARIES = {
    "sklearn": ("sklearn.cluster", "sklearn.exceptions"),  # levels of headings that have none: KMeans
    "surya.ocr_error": (),  # Surya's judge of a text layer; the embedded set has its own, which uses `schema` of it
    "google.genai": ("google.genai.types", "google.genai.errors"),  # a service for `use_llm`
}
"""Each library, and those of its modules from which Marker imports names."""
WITH_LIGHT_PARTS = frozenset({"surya.ocr_error"})
"""Libraries with other modules that can be imported without the library itself."""


class _StandInType(type):
    """The type of a name that stands for one of a library. Calling it, or asking it for anything, imports that."""

    library: str
    module: str

    def __call__(cls, *arguments: Any, **options: Any) -> Any:
        return cls.load_real()(*arguments, **options)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(cls.load_real(), name)

    def load_real(cls) -> Any:
        restore(cls.library)
        return getattr(sys.modules[cls.module], cls.__name__)


class _StandInModule(types.ModuleType):
    """A module whose every name is a stand-in, and a class of warnings: Marker catches one and filters another."""

    def __init__(self, name: str, library: str) -> None:
        super().__init__(name)
        self.library = library
        self.__spec__ = ModuleSpec(name, None, is_package=True)
        self.__path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made = _StandInType(name, (UserWarning,), {"library": self.library, "module": self.__name__})
        setattr(self, name, made)
        return made


class _Finder:
    """Finds the other modules of a library. To import one is a use of the library, unless it is a light part of it."""

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        library = next((each for each in LIBRARIES if name.startswith(f"{each}.")), None)
        if library is None or not isinstance(sys.modules.get(library), _StandInModule):
            return None
        if library in WITH_LIGHT_PARTS:
            parent, _, child = library.rpartition(".")
            return PathFinder.find_spec(name, [f"{folder}/{child}" for folder in sys.modules[parent].__path__])
        restore(library)
        return PathFinder.find_spec(name, sys.modules[name.rpartition(".")[0]].__path__)


def defer() -> None:
    """Put the stand-ins in place of the libraries that are not imported yet. To be called before Marker is imported."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
    for library, modules in LIBRARIES.items():
        if library not in sys.modules:
            for name in (library, *modules):
                sys.modules[name] = _StandInModule(name, library)


def restore_all() -> None:
    """Import every library that a stand-in stands for."""
    for library in LIBRARIES:
        restore(library)


def restore(library: str) -> None:
    """Import the library, and put its names in place of its stand-ins wherever Marker holds them."""
    names = [name for name in (library, *LIBRARIES[library]) if isinstance(sys.modules.get(name), _StandInModule)]
    if not names:
        return
    for name in names:
        del sys.modules[name]
    for name in names:
        importlib.import_module(name)
    for module, name, stand_in in list(_find_stand_ins(library)):
        setattr(module, name, _find_real(stand_in))
    filters: list[Any] = list(warnings.filters)
    for action, _, category, _, _ in filters:
        if isinstance(category, _StandInType) and category.library == library:
            warnings.filterwarnings(action, category=_find_real(category))


def _find_stand_ins(library: str) -> Iterator[tuple[types.ModuleType, str, Any]]:
    """Yield each name of Marker's modules that holds a stand-in: the module, the name, and the stand-in."""
    modules = [module for name, module in sys.modules.items() if name.partition(".")[0] == "marker"]
    for module in modules:
        for name, value in vars(module).items():
            if isinstance(value, (_StandInType, _StandInModule)) and value.library == library:
                yield module, name, value


def _find_real(stand_in: _StandInType | _StandInModule) -> Any:
    if isinstance(stand_in, _StandInModule):
        return sys.modules[stand_in.__name__]
    return getattr(sys.modules[stand_in.module], stand_in.__name__)
