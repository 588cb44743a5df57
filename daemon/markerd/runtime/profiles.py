"""How the profiles in a hot folder change what is done with one of its documents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from markerd.config import Config, FolderConfig
from markerd.config.folder_values import override_folder
from markerd.config.profile import MAX_BYTES, Profile, ProfileError, merge_profiles, parse_profile
from markerd.journal import Document
from markerd.pipeline.folder_plan import FolderPlan
from markerd.pipeline.profile_files import iterate_profiles, refuse_profile
from markerd.runtime import wiring


def build_plans(config: Config) -> dict[str, FolderPlan]:
    """Build the plan of each hot folder, with its profiles where it allows them."""
    plans = wiring.build_plans(config)
    allowing = {str(folder.path): FolderProfiles(folder) for folder in config.folders if folder.allow_profiles}
    return {path: replace(plan, profiles=allowing.get(path)) for path, plan in plans.items()}


@dataclass(frozen=True)
class FolderProfiles:
    """The profiles of one hot folder that allows them; see `FolderPlan.profiles`."""

    folder: FolderConfig

    def apply(self, plan: FolderPlan, document: Document) -> FolderPlan:
        """Return the plan for the document. Raises DocumentError where one of its profiles is refused, OSError where
        the folder cannot be read."""
        found = [
            (shown, _parse(shown, content))
            for shown, content in iterate_profiles(Path(document.folder), document.path, MAX_BYTES)
        ]
        if not found:
            return plan
        names = ", ".join(shown for shown, _ in found)
        merged = merge_profiles(profile for _, profile in found)
        changed, problems = override_folder(self.folder, merged.list_values())
        problems += self._find_unknown_hooks(merged.hooks or ())
        if problems:
            raise refuse_profile(names, "; ".join(problems), is_permanent=True)
        formats = tuple(wanted.value for wanted in changed.formats)
        hooks = None if merged.hooks is None else frozenset(merged.hooks)
        return replace(plan, formats=formats, options=wiring.list_options(changed), hooks=hooks)

    def _find_unknown_hooks(self, names: Iterable[str]) -> list[str]:
        known = {hook.name for hook in self.folder.hooks}
        return [f"hooks: the folder has no hook {name}" for name in names if name not in known]


def _parse(shown: str, content: bytes) -> Profile:
    try:
        return parse_profile(content)
    except ProfileError as error:
        # A file that is not whole yet is looked at again with the next attempt.
        raise refuse_profile(shown, str(error), is_permanent=not error.is_broken) from error
