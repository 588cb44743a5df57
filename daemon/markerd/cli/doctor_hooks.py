"""What `markerd doctor` says of hooks: whether their programs are there, and their secrets can be used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from markerd.cli.findings import Finding, Verdict
from markerd.config import Config
from markerd.errors import ConfigurationError
from markerd.runtime import hook_choice
from markerd.values import count_with_noun


def examine_hooks(config: Config) -> Iterator[Finding]:
    """Yield what is wrong with hooks, or that all of them can work; nothing where there are none."""
    problems = hook_choice.list_missing_programs(config)
    for problem in problems:
        advice = "install it, or write its whole path; a service has a $PATH of its own"
        yield Finding(Verdict.WARNING, "hooks", problem, advice)
    try:
        hook_choice.check(config, Path())
    except ConfigurationError as error:
        for problem in error.problems:
            yield Finding(Verdict.FAULT, "hooks", problem)
        return
    count = len(list(hook_choice.iterate_hooks(config)))
    if count and not problems:
        yield Finding(Verdict.GOOD, "hooks", f"{count_with_noun(count, 'hook')}; programs and secrets are there")
