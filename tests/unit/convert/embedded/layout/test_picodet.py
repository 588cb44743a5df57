"""Decoding the layout model's outputs."""

from __future__ import annotations

import numpy as np
import pytest

from markerd.convert.embedded.layout.picodet import STRIDES, compute_expected_bin, decode_detections, suppress_overlaps

SIZE = (128, 128)


def make_outputs(level: int, cell: int, reach: tuple[int, int, int, int], class_index: int) -> list[np.ndarray]:
    """Make raw outputs with one certain cell: `reach` is the peak's bin on the left, top, right and bottom."""
    cells = [(SIZE[0] // stride) * (SIZE[1] // stride) for stride in STRIDES]
    scores = [np.zeros((1, count, 3), dtype=np.float32) for count in cells]
    distances = [np.zeros((1, count, 32), dtype=np.float32) for count in cells]
    scores[level][0, cell, class_index] = 0.9
    for side, peak in enumerate(reach):
        distances[level][0, cell, side * 8 + peak] = 50.0
    return scores + distances


def test_a_certain_cell_becomes_a_box_around_its_centre() -> None:
    """Distances are measured from the cell's centre in units of the stride, in pixels of the original image."""
    found = decode_detections(
        make_outputs(0, 16 * 8 + 8, (2, 1, 3, 4), 1), input_size=SIZE, image_size=(256, 128), min_score=0.4
    )
    assert [d.class_index for d in found] == [1]
    assert found[0].score == pytest.approx(0.9)
    assert found[0].box == pytest.approx((68 - 16, 2 * (68 - 8), 68 + 24, 2 * (68 + 32)), abs=0.01)


def test_boxes_are_clipped_to_the_image() -> None:
    """A box never leaves the image."""
    (found,) = decode_detections(make_outputs(3, 0, (7, 7, 7, 7), 0), input_size=SIZE, image_size=SIZE, min_score=0.4)
    assert found.box == pytest.approx((0, 0, 128, 128))


def test_uncertain_cells_are_left_out() -> None:
    """Scores at or below the limit are no detections."""
    assert (
        decode_detections(make_outputs(0, 0, (1, 1, 1, 1), 0), input_size=SIZE, image_size=SIZE, min_score=0.95) == []
    )


def test_the_expected_bin_of_a_flat_distribution_is_its_middle() -> None:
    """The distance is the mean of the bins, not the most probable one."""
    assert compute_expected_bin(np.zeros((1, 8), dtype=np.float32))[0] == pytest.approx(3.5)


def test_of_boxes_on_each_other_the_best_stays() -> None:
    """Suppression keeps the higher score, and boxes at other places."""
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60]], dtype=np.float32)
    assert suppress_overlaps(boxes, np.array([0.5, 0.8, 0.6], dtype=np.float32), 0.5) == [1, 2]
