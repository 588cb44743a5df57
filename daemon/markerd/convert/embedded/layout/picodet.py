"""Decodes the raw outputs of a PicoDet layout model into labelled boxes. Pure numpy.

PicoDet has one head for each stride. For each cell of its grid, a head gives one score for each class. For each of the
four sides it gives a discrete distribution over distances ("Generalized Focal Loss": the expectation of the softmax
over `0..n-1`, in units of the stride, measured from the cell's centre).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from markerd.convert.embedded.layout.thresholds import THRESHOLDS

Array = NDArray[np.float32]

STRIDES = (8, 16, 32, 64)


@dataclass(frozen=True)
class Detection:
    """A box in pixels of the original image, the index of its class and the score, 0 to 1."""

    box: tuple[float, float, float, float]
    class_index: int
    score: float


def decode_detections(
    outputs: Sequence[Array],
    *,
    input_size: tuple[int, int],
    image_size: tuple[int, int],
    min_score: float,
    max_iou: float = THRESHOLDS.max_detection_overlap,
) -> list[Detection]:
    """Decode one image, and keep the best of the boxes that lie on each other, best first.

    `outputs` are the scores of each stride, then the distances of each stride, each with the image's axis in front.
    Sizes are (height, width). Boxes are clipped to the image.
    """
    heads = len(outputs) // 2
    scores = np.concatenate([head[0] for head in outputs[:heads]])
    boxes = np.concatenate(
        [decode_head(head[0], stride, input_size) for head, stride in zip(outputs[heads:], STRIDES, strict=True)]
    )
    classes = scores.argmax(axis=1)
    best = scores.max(axis=1)
    sure = best > min_score
    boxes, classes, best = _scale_to_image(boxes[sure], input_size, image_size), classes[sure], best[sure]
    kept = suppress_overlaps(boxes, best, max_iou)
    return [Detection(_build_box(boxes[i]), int(classes[i]), float(best[i])) for i in kept]


def decode_head(distances: Array, stride: int, input_size: tuple[int, int]) -> Array:
    """Decode distances (cells, 4 * bins) into boxes (cells, 4) in pixels of the model's input."""
    rows, columns = (-(-side // stride) for side in input_size)
    ys, xs = np.divmod(np.arange(rows * columns), columns)
    centres = (np.stack([xs, ys], axis=1) + 0.5) * stride
    reach = compute_expected_bin(distances.reshape(len(distances), 4, -1)) * stride
    return np.concatenate([centres - reach[:, :2], centres + reach[:, 2:]], axis=1).astype(np.float32)


def compute_expected_bin(logits: Array) -> Array:
    """Compute the mean of the bin's index under the softmax over the last axis."""
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    mean: Array = weights @ np.arange(logits.shape[-1], dtype=np.float32)
    return mean


def suppress_overlaps(boxes: Array, scores: Array, max_iou: float) -> list[int]:
    """Non-maximum suppression over all classes at once: the indices that stay, best first.

    It works across classes because a region has one kind: the model often calls one region both text and title.
    """
    order = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while len(order):
        first, rest = int(order[0]), order[1:]
        kept.append(first)
        order = rest[_compute_ious(boxes[first], boxes[rest]) <= max_iou]
    return kept


def _compute_ious(box: Array, others: Array) -> Array:
    sides = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    shared = np.clip(sides, 0, None).prod(axis=1)
    total = (box[2:] - box[:2]).prod() + (others[:, 2:] - others[:, :2]).prod(axis=1)
    ious: Array = shared / np.maximum(total - shared, 1e-6)
    return ious


def _scale_to_image(boxes: Array, input_size: tuple[int, int], image_size: tuple[int, int]) -> Array:
    (input_height, input_width), (image_height, image_width) = input_size, image_size
    scaled = boxes * np.array([image_width / input_width, image_height / input_height] * 2, dtype=np.float32)
    limits = np.array([image_width, image_height] * 2, dtype=np.float32)
    return np.clip(scaled, 0, limits).astype(np.float32)


def _build_box(row: Array) -> tuple[float, float, float, float]:
    left, top, right, bottom = (float(value) for value in row)
    return left, top, right, bottom
