"""Converters that a command starts for itself: those of the daemon, built the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from markerd.config import Config
from markerd.convert.protocol.pool import Pool, Wakeup
from markerd.errors import RefusedOptionsError
from markerd.logs import Log
from markerd.runtime import llm_choice, pool_choice, wiring
from markerd.runtime.model_slot import ModelSlot


@contextmanager
def start_own_converters(config: Config, log: Log, tick: Callable[[], None], wakeup: Wakeup) -> Iterator[Pool]:
    """Load the models; end the converters and the models' servers at the end.

    Raise ModelsMissingError and UnavailableError where that fails, RefusedOptionsError, and what `tick` raises.
    """
    demand_options(llm_choice.list_llm_problems(config))
    with ExitStack() as stack:
        models = ModelSlot(lambda: log, tick)
        stack.callback(models.stop)
        ready = models.prepare(config)
        models.adopt(ready)
        pool = pool_choice.build_pool(config, ready.spec, log, tick, wakeup)
        stack.callback(pool.stop)
        pool.start()
        models.await_ready(ready)
        demand_options(wiring.list_option_problems(pool, config))
        yield pool


def demand_options(problems: Sequence[str]) -> None:
    """Raise RefusedOptionsError where there are problems; each names its option as if it were one of a folder."""
    if problems:
        raise RefusedOptionsError([problem.removeprefix("folders[0].marker.") for problem in problems])
