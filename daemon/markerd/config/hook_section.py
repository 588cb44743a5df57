"""One `[[folders.hooks]]` as frozen values: a program that is run, or an address that is told, after an outcome."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from markerd.config.section import WEEK_S, FilePath, HookName, Section
from markerd.values import Occasion

# As in `section`: TOML has strings and arrays where the models have enums and tuples.
_Occasion = Annotated[Occasion, Field(strict=False)]
_Text = Annotated[str, Field(min_length=1)]


class HookConfig(Section):
    """One `[[folders.hooks]]`: either `run` or `url` is written."""

    name: HookName = Field(
        description="The name of the hook, of small letters, digits, - and _; another one for each hook of the folder.",
        examples=["index"],
    )
    on: tuple[_Occasion, ...] = Field(
        default=(Occasion.PUBLISHED,),
        strict=False,
        min_length=1,
        description="What it is told of: any of published, dead, skipped, source_removed.",
    )
    run: tuple[str, ...] | None = Field(
        default=None,
        strict=False,
        min_length=1,
        description="The program and its arguments, without a shell. {output} and other names in braces are filled in.",
        examples=['run = ["/usr/local/bin/index", "{output}"]'],
    )
    url: _Text | None = Field(
        default=None,
        description="The address that gets a signed POST with the event, in place of a program.",
        examples=["https://kb.example/hooks/markerd"],
    )
    timeout_s: float = Field(
        default=30, gt=0, le=WEEK_S, description="Seconds that one delivery may take; then it has failed."
    )
    give_up_after_h: float = Field(
        default=72,
        ge=0,
        le=10_000,
        description="Hours after its first failure from which on a delivery is not tried again, and is in the list of "
        "`markerd hooks list`.",
    )
    secret_file: FilePath | None = Field(
        default=None,
        description="The file that holds the secret that `url` is signed with, which only the service's user may read. "
        "Otherwise it is the systemd credential markerd_hook_NAME, or in the variable MARKERD_HOOK_NAME_SECRET.",
        examples=["/etc/markerd/index.secret"],
    )
    private_hosts: tuple[_Text, ...] = Field(
        default=(),
        strict=False,
        description="Hosts, by the name in `url`, that may have an address of this machine or of a private network; "
        "and may be asked by plain http.",
    )
    content: bool = Field(default=False, description="Send the Markdown itself along, up to `content_max_kb`.")
    content_max_kb: int = Field(
        default=256, ge=1, le=10_000, description="Kilobytes of Markdown above which it is not sent along."
    )


OF_PROGRAMS = ("run",)
OF_ADDRESSES = ("url", "secret_file", "private_hosts", "content", "content_max_kb")
"""The keys that say nothing for the other kind of hook, apart from `name`, `on` and the two limits of time."""
