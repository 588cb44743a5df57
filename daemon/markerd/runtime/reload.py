"""SIGHUP: a new configuration comes into force as a whole, or the old one stays and the log says why."""

from __future__ import annotations

from collections.abc import Sequence

from markerd.config import Config, LoadedConfig, read_config
from markerd.errors import ConfigurationError, UnavailableError
from markerd.handover.hook import Hook
from markerd.runtime import hook_choice, llm_choice, wiring
from markerd.runtime.active_configuration import ActiveConfiguration
from markerd.runtime.converter_slot import ConverterSlot
from markerd.runtime.resources import Resources


def reload(active: ActiveConfiguration, resources: Resources, slot: ConverterSlot) -> None:
    """Take the new configuration if it is valid in all its parts. This is called between two sessions."""
    resources.requests.is_reload_wanted = False
    resources.reporter.show_reloading()
    try:
        loaded, hooks = _read_and_prepare(active, resources, slot)
    except ConfigurationError as error:
        active.reject(error.problems)
    except UnavailableError as error:
        active.reject([str(error)])
    else:
        _adopt(loaded, hooks, active, resources, slot)


def _read_and_prepare(
    active: ActiveConfiguration, resources: Resources, slot: ConverterSlot
) -> tuple[LoadedConfig, list[Hook]]:
    """Try first whatever may fail. Raise ConfigurationError and UnavailableError."""
    loaded = read_config(active.path)
    config = loaded.config
    llm_choice.check(config, active.path)
    hooks = hook_choice.choose_hooks(config, active.path)
    wiring.check_options(slot.pool, config, active.path)
    wiring.prepare_folders(config, resources.anchors)
    if config.log.file != active.config.log.file:
        wiring.check_log_file(config, active.path)
    resources.listen(config, active.log)
    return loaded, hooks


def _adopt(
    loaded: LoadedConfig, hooks: Sequence[Hook], active: ActiveConfiguration, resources: Resources, slot: ConverterSlot
) -> None:
    try:
        if _needs_other_converters(loaded.config, active.config, slot):
            slot.replace(wiring.keep_state_dir(loaded.config, active.config))
    except UnavailableError as error:
        active.reject([str(error)])
        _listen_as_before(active, resources)
        return
    active.adopt(loaded)
    resources.couriers.configure(hooks, active.log)


def _needs_other_converters(now: Config, before: Config, slot: ConverterSlot) -> bool:
    """Whether converters depend on what changed; a key is in no configuration. Raise UnavailableError without one."""
    is_changed = (now.converter, now.surya) != (before.converter, before.surya)
    return is_changed or slot.models.is_service_changed(now)


def _listen_as_before(active: ActiveConfiguration, resources: Resources) -> None:
    """Listen again at the old address, because a configuration takes effect as a whole or not at all."""
    try:
        resources.listen(active.config, active.log)
    except UnavailableError as error:  # another program took the port, which is no reason to stop converting
        active.reject([str(error)])
