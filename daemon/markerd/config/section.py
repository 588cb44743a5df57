"""What all sections of the configuration have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

WEEK_S = 7 * 24 * 3600

# TOML has strings and arrays where the models have enums, paths and tuples. Values are converted only there.
FilePath = Annotated[Path, Field(strict=False)]

HookName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]


class Section(BaseModel):
    """A section is strict, so that `"2"` and `true` are not numbers, and closed, so that a misspelt key is an error.

    Defaults are given by keyword, because type checkers see no others.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
