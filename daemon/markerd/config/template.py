"""The commented configuration that `markerd init` writes, made from the models so that it cannot drift from them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from pydantic.fields import FieldInfo

from markerd.config.dump import to_toml_value
from markerd.config.model import SECTIONS, SIBLINGS, SUBSECTIONS
from markerd.config.places import SYSTEM_STATE_DIR

_HEAD = """\
# The configuration of markerd. `markerd config check` checks it, `markerd config show` shows what is in force.
#
# A line like `# key = value` shows a default: uncomment it to change it. An indented line is an example.
# Relative paths start at the folder of this file. ~, $NAME and ${NAME} are expanded; $$ is a dollar sign.
# Every value can be overridden from the environment, as in MARKERD__CONVERTER__THREADS=2
# or MARKERD__FOLDERS__0__OUTPUT=/srv/out.
"""


def write_template(
    path: str = "~/markerd/inbox",
    output: str = "~/markerd/outbox",
    state_dir: str = "~/.local/state/markerd",
) -> str:
    """Return a configuration with one hot folder and every other key commented out at its default.

    The arguments are written as they are, so `~` and `$NAME` keep their meaning. `state_dir` is only shown as the
    default: pass what `find_default_state_dir` returns on this machine.
    """
    parent = PurePosixPath(path).parent
    siblings = {key: str(parent / name) for key, name in SIBLINGS.items()}
    given = {"path": path, "output": output}
    lines = [_HEAD]
    for section, model in SECTIONS.items():
        is_folder = section == "folders"
        lines.append(f"[[{section}]]" if is_folder else f"[{section}]")
        for key, field in model.model_fields.items():
            values = given if is_folder else {}
            default = (siblings if is_folder else {"state_dir": state_dir}).get(key, _find_default(field))
            lines.extend(_write_entry(section, key, field, values.get(key), default))
        lines.append("")
    return "\n".join(lines[:-1]) + "\n"


def write_system_template() -> str:
    """Return the same for a service of the machine, in which every path means the same to each user who reads it."""
    text = write_template("/srv/markerd/inbox", "/srv/markerd/outbox", str(SYSTEM_STATE_DIR))
    line = f'state_dir = "{SYSTEM_STATE_DIR}"'
    return text.replace(f"# {line}", line)


def _write_entry(section: str, key: str, field: FieldInfo, given: str | None, default: Any) -> Iterator[str]:
    if (section, key) in SUBSECTIONS:
        yield f"\n# {field.description}\n#   [[{section}.{key}]]"
        yield from (f"#   {example}" for example in field.examples or ())
        return
    if isinstance(default, dict):
        yield f"\n[{section}.{key}]"
    yield f"# {field.description}"
    if given is not None:
        yield f"{key} = {_write_inline(given)}"
    elif isinstance(default, dict):
        yield from (f"#   {example}" for example in field.examples or ())
    elif default is None:
        yield from (f"#   {key} = {_write_inline(example)}" for example in field.examples or ())
    else:
        yield f"# {key} = {_write_inline(default)}"


def _find_default(field: FieldInfo) -> Any:
    return to_toml_value(field.get_default(call_default_factory=True))


def _write_inline(value: Any) -> str:
    """Write the value as TOML on one line. `tomli_w` spreads arrays over lines, which cannot be commented out."""
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_write_inline(item) for item in value) + "]"
    import tomli_w

    return tomli_w.dumps({"key": value}).removeprefix("key = ").rstrip("\n")
