"""Libraries that the embedded models hardly ever call: not imported at the start, and there once they are called."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from weasyprint import HTML

import markerd

LOAD = """
    import sys, warnings
    from markerd.convert.engine import Engine
    from markerd.convert.protocol import ConverterSpec
    from markerd.convert.marker_bridge import deferred_libraries
    engine = Engine(lambda *_, **__: None, ConverterSpec(models="embedded", threads=1))
    engine.load()
    def is_real(name):
        return getattr(sys.modules.get(name), "__file__", None) is not None
"""


def run(script: str) -> None:
    """Run it in a process of its own, in which nothing is imported yet."""
    environ = {**os.environ, "PYTHONPATH": str(Path(markerd.__file__).parents[1])}
    program = textwrap.dedent(LOAD) + textwrap.dedent(script)
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environ)
    assert done.returncode == 0, done.stderr


@pytest.mark.models
def test_converter_starts_without_libraries_that_it_does_not_call() -> None:
    """Nor with what they bring along: scipy and transformers take most of the time and of the memory."""
    run("""
        for name in (*deferred_libraries.LIBRARIES, "scipy", "transformers"):
            assert not is_real(name), name
    """)


@pytest.mark.models
def test_digital_page_is_converted_without_them(tmp_path: Path) -> None:
    """Its text layer is judged, its many headings get their levels, and no page needs a plainer reader."""
    sections = "".join(f"<h2>Section {number}</h2><p>{'The mill stands still. ' * 30}</p>" for number in range(8))
    HTML(string=f"<h1>The mills of the county</h1>{sections}").write_pdf(tmp_path / "letter.pdf")
    for name in ("out", "scratch"):
        (tmp_path / name).mkdir()
    run(f"""
        from markerd.convert.protocol import ConversionRequest
        root = {str(tmp_path)!r}
        request = ConversionRequest("letter.pdf", root + "/letter.pdf", root + "/out", root + "/scratch", ("markdown",))
        result = engine.convert(request, on_pages=lambda pages: None)
        assert result.quality.degraded_pages == (), result.quality
        for name in (*deferred_libraries.LIBRARIES, "scipy", "transformers"):
            assert not is_real(name), name
    """)


@pytest.mark.models
def test_import_of_another_module_of_a_library_is_a_use_of_it() -> None:
    """It is the real module of the real library, which Marker then has too."""
    run("""
        from marker.processors import sectionheader
        import sklearn.metrics
        assert is_real("sklearn") and sklearn.metrics.accuracy_score([1, 0], [1, 0]) == 1.0
        assert sectionheader.KMeans is sys.modules["sklearn.cluster"].KMeans
    """)


@pytest.mark.models
def test_first_call_imports_the_library_for_all_of_marker() -> None:
    """Marker's processor gets the real class, and real warnings are filtered as it asked for."""
    run("""
        from marker.processors import sectionheader
        assert not is_real("sklearn")
        labels = sectionheader.KMeans(n_clusters=2, random_state=0, n_init="auto").fit_predict([[1.0], [1.1], [9.0]])
        assert labels[0] == labels[1] != labels[2]
        import sklearn.cluster, sklearn.exceptions
        assert is_real("sklearn.cluster")
        assert sectionheader.KMeans is sklearn.cluster.KMeans
        warnings.warn("not converged", sklearn.exceptions.ConvergenceWarning)
        assert not is_real("google.genai")
    """)


@pytest.mark.models
def test_service_that_is_called_is_real() -> None:
    """What `use_llm` calls, catches and builds comes from the library itself."""
    run("""
        from marker.services import gemini
        part = gemini.types.Part.from_bytes(data=b"x", mime_type="image/webp")
        import google.genai.errors, google.genai.types
        assert isinstance(part, google.genai.types.Part)
        assert gemini.APIError is google.genai.errors.APIError
        assert gemini.genai.Client is google.genai.Client
    """)


@pytest.mark.models
def test_all_libraries_can_be_restored_at_once() -> None:
    """As Marker's own models need them. Every name that Marker imported exists in the real library."""
    run("""
        deferred_libraries.restore_all()
        assert all(is_real(name) for name in deferred_libraries.LIBRARIES)
        for library in deferred_libraries.LIBRARIES:
            assert list(deferred_libraries._find_stand_ins(library)) == []
        import marker.models, surya.ocr_error
        assert marker.models.OCRErrorPredictor is surya.ocr_error.OCRErrorPredictor
    """)
