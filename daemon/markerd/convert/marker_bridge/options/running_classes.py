"""Which of Marker's classes run with given options. An option that belongs to none of them would change nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marker.converters.ocr import OCRConverter
from marker.converters.pdf import PdfConverter
from marker.converters.table import TableConverter

from markerd.convert.marker_bridge.options import llm_services
from markerd.convert.marker_bridge.options.marker_options import (
    Owner,
    find_owners,
    list_marker_classes,
    split_class_name,
)
from markerd.convert.protocol import CONVERTER

_CONVERTERS: Mapping[str, Any] = {"pdf": PdfConverter, "table": TableConverter, "ocr": OCRConverter}
_PROVIDERS = frozenset({"PdfProvider", "ImageProvider"})
_LLM_PROCESSOR = "LLM"


def find_idle_reason(name: str, options: Mapping[str, Any]) -> str | None:
    """Say why the option would change nothing with the other options; None where it does."""
    owners = find_owners(name)
    return None if any(_runs(owner, options) for owner in owners) else _explain(name, owners, options)


def _explain(name: str, owners: Sequence[Owner], options: Mapping[str, Any]) -> str:
    if all(owner.group == "Service" for owner in owners):
        return _explain_service(owners, options)
    class_name, option = split_class_name(name)
    if class_name and any(_runs(owner, options) for owner in find_owners(option)):
        return f"markerd does not use Marker's {class_name} here: write {option}"
    if all(_is_llm_processor(owner) for owner in owners) and not _asks_llm(options):
        return "it changes nothing without use_llm = true"
    if all(owner.group == "Provider" for owner in owners):
        return f"markerd reads such documents without Marker's {_join(owners)}"
    kind = options.get(CONVERTER, "pdf")
    return f'Marker\'s {_join(owners)} does not run with converter = "{kind}"'


def _runs(owner: Owner, options: Mapping[str, Any]) -> bool:
    converter = _CONVERTERS[options.get(CONVERTER, "pdf")]
    if owner.group == "Builder":
        return owner.class_name != "StructureBuilder" or converter is PdfConverter
    if owner.group == "Provider":
        return owner.class_name in _PROVIDERS
    if owner.group == "Converter":
        return bool(owner.class_name == converter.__name__)
    if owner.group == "Renderer":
        return (owner.class_name == "OCRJSONRenderer") is (converter is OCRConverter)
    if owner.group == "Processor":
        names = {processor.__name__ for processor in converter.default_processors}
        return owner.class_name in names and (not _is_llm_processor(owner) or _asks_llm(options))
    service = llm_services.choose_service(options)
    return service is not None and service.__name__ == owner.class_name


def _is_llm_processor(owner: Owner) -> bool:
    return owner.group == "Processor" and owner.class_name.startswith(_LLM_PROCESSOR)


def _asks_llm(options: Mapping[str, Any]) -> bool:
    return options.get(llm_services.USE_LLM) is True


def _explain_service(owners: Sequence[Owner], options: Mapping[str, Any]) -> str:
    if not _asks_llm(options):
        return "no service is asked without use_llm = true"
    services = list_marker_classes()["Service"].values()
    names = [_name(each) for each in services if each.__name__ in {owner.class_name for owner in owners}]
    chosen = llm_services.choose_service(options)
    asked = "none" if chosen is None else f'"{_name(chosen)}"'
    return f"it belongs to the service {_list_names(names)}, and `service` in [llm] is {asked}"


def _name(service: type) -> str:
    return service.__module__.rpartition(".")[2]


def _list_names(names: Any) -> str:
    return ", ".join(f'"{name}"' for name in sorted(names))


def _join(owners: Sequence[Owner]) -> str:
    return " or ".join(owner.class_name for owner in owners[:3])
