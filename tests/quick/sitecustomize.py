"""With this folder on PYTHONPATH `markerd run` is itself, but its converter process loads no models.

That process imports this at its start, as every Python does, and gets an engine that copies where Marker would read;
pipes, confinement, cleanup and death stay real. Where CLOCK_OFFSET_FILE names a file, its seconds are added to what
every process takes for the time of day.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

if "CLOCK_OFFSET_FILE" in os.environ:
    _offset, _true_time = Path(os.environ["CLOCK_OFFSET_FILE"]), time.time
    time.time = lambda: _true_time() + float(_offset.read_text())

if "markerd.convert.process.worker" in sys.orig_argv:
    from markerd.convert import engine
    from markerd.convert.cleanup.report import CleanupPoint
    from markerd.convert.protocol import Artifact, ArtifactRole, ConversionRequest, ConversionResult, ConverterInfo
    from markerd.errors import DocumentError

    class QuickEngine(engine.Engine):
        """A document whose bytes say `broken` fails for good, `flaky` each time; others take 0.03 s.

        One that says `held` takes until the file HELD_FILE is gone; `sleeping 2.5` takes so many seconds.
        """

        def load(self) -> ConverterInfo:
            self.cleanup(CleanupPoint.AFTER_MODELS)  # as the engine does, so that later ones take no longer than there
            return ConverterInfo(self._spec.models, "no models", {"marker-pdf": "0"}, 0.0)

        def _convert(self, request: ConversionRequest, on_pages: Callable[[int], None]) -> ConversionResult:
            content = Path(request.source).read_bytes()
            if b"broken" in content:
                raise DocumentError("it says that it is broken", kind="unreadable", is_permanent=True)
            if b"flaky" in content:
                raise DocumentError("it says that it is flaky", kind="conversion")
            on_pages(1)
            is_sleeping = content.startswith(b"sleeping ")
            time.sleep(float(content[9:20].split()[0]) if is_sleeping else 0.03)
            while b"held" in content and os.path.exists(os.environ["HELD_FILE"]):
                time.sleep(0.01)
            artifacts = (Artifact(ArtifactRole.MARKDOWN.value, "a.md"), Artifact(ArtifactRole.META.value, "a.json"))
            for artifact in artifacts:
                is_large = is_sleeping and artifact.role == ArtifactRole.META.value
                Path(request.output_dir, artifact.file_name).write_bytes(b"{}" if is_large else content)
            return ConversionResult(1, artifacts, {"marker": 0.0})

        def _translate_error(self, error: Exception, job: Path) -> DocumentError:
            return error if isinstance(error, DocumentError) else DocumentError(repr(error), kind="conversion")

    engine.Engine = QuickEngine  # type: ignore[misc]
