"""The layout model: `layout_cdla.onnx` behind the interface of surya's layout predictors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from markerd.convert.embedded.geometry import corners
from markerd.convert.embedded.layout.picodet import decode_detections
from markerd.convert.embedded.layout.reading_order import find_reading_order
from markerd.convert.embedded.layout.regions import Region, drop_doubles
from markerd.convert.embedded.marker_hooks.thresholds import THRESHOLDS
from markerd.convert.embedded.onnx_model import normalise_pixels, open_session
from markerd.files.shipped import LAYOUT_MODEL

MODEL_SHA256 = "25b1f27ec56aa932a48f30cbd6293c358a156280f4b20b0a973bab210c39f62c"

INPUT_SIZE = (800, 608)  # height, width: fixed in the model

# The ten classes of CDLA in the model's order, each as one of surya's labels.
LABELS = (
    ("text", "Text"),
    ("title", "SectionHeader"),
    ("figure", "Figure"),
    ("figure_caption", "Caption"),
    ("table", "Table"),
    ("table_caption", "Caption"),
    ("header", "PageHeader"),
    ("footer", "PageFooter"),
    ("reference", "Bibliography"),
    ("equation", "Equation"),
)


class EmbeddedLayoutPredictor:
    """Finds the regions of page images, one image after the other, in reading order.

    Of `threads`, at least 1, one is left to what runs beside the model, where there are more (`runs_beside`).
    """

    def __init__(self, threads: int) -> None:
        self.disable_tqdm = True
        self.runs_beside = threads > 1
        self._session = open_session(LAYOUT_MODEL, MODEL_SHA256, max(1, threads - 1))
        self._input = self._session.get_inputs()[0].name

    def to(self, *_: Any, **__: Any) -> None:
        """Part of the interface: the model stays on the CPU."""

    def __call__(self, images: Sequence[Any], **_: Any) -> list[Any]:
        """Return one surya `LayoutResult` for each PIL image, in order; boxes are in pixels of the image.

        Options of surya's predictors are accepted and ignored: boxes always come in reading order. Any thread may call
        it.
        """
        return [self._build_result(image) for image in images]

    def find_regions(self, image: Any) -> list[Region]:
        """Find the regions of one PIL image, in pixels, in reading order."""
        outputs = self._session.run(None, {self._input: prepare_image(image)})
        found = decode_detections(
            outputs,
            input_size=INPUT_SIZE,
            image_size=(image.height, image.width),
            min_score=THRESHOLDS.min_detection_score,
        )
        regions = drop_doubles([Region(d.box, LABELS[d.class_index][1], d.score) for d in found])
        return [regions[i] for i in find_reading_order([region.box for region in regions])]

    def _build_result(self, image: Any) -> Any:
        from surya.layout.schema import LayoutBox, LayoutResult

        boxes = [
            LayoutBox(
                polygon=corners(region.box),
                label=region.label,
                raw_label=region.label,
                position=position,
                confidence=region.score,
            )
            for position, region in enumerate(self.find_regions(image))
        ]
        return LayoutResult(bboxes=boxes, image_bbox=[0.0, 0.0, float(image.width), float(image.height)])


def prepare_image(image: Any) -> NDArray[np.float32]:
    """Convert a PIL image to the model's input, of shape (1, 3, 800, 608)."""
    from PIL import Image

    height, width = INPUT_SIZE
    return normalise_pixels(image.convert("RGB").resize((width, height), Image.Resampling.BILINEAR))[None]
