"""The stand-in weights: Surya's own classes load them from where its defaults point, and read pages and texts."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tiny_surya import BOXES, TinySurya

READ = """
import json
from markerd.convert.model_sets.vision_operators import declare_missing_operators
declare_missing_operators()
from PIL import Image
from surya.fast_layout.server import LayoutEngine
from surya.ocr_error.server import OCRErrorEngine
layout = LayoutEngine()
[page] = layout.run_batch([Image.new("RGB", (800, 1000), "white")], [{"use_order": True}])
texts = OCRErrorEngine().run_batch(["A text.", "Another."], [{}, {}])
labels = sorted(box.label for box in page.bboxes)
places = sorted(box.position for box in page.bboxes)
ordered = layout._load_order() is not None
print(json.dumps({"boxes": labels, "places": places, "ordered": ordered, "texts": [text["label"] for text in texts]}))
"""


@pytest.mark.models
def test_surya_loads_the_stand_in_weights(tiny_surya: TinySurya) -> None:
    """Layout, reading order and the classifier of texts are found in the caches, without network, and answer."""
    command = [sys.executable, "-W", "ignore", "-c", READ]
    environment = {**os.environ, **tiny_surya.environment}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=250)
    assert ran.returncode == 0, ran.stderr
    answer = json.loads(ran.stdout.splitlines()[-1])
    assert answer["boxes"] == ["PageHeader", "SectionHeader", "Text", "Text"]
    assert answer["places"] == list(range(len(BOXES)))
    assert answer["ordered"] is True
    assert answer["texts"] == ["good", "good"]
