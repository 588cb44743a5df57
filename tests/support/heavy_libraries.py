"""The libraries that no process but the converter may load: they are large, or read untrusted bytes."""

HEAVY = (
    "torch",
    "marker",
    "surya",
    "PIL",
    "pypdfium2",
    "onnxruntime",
    "rapidocr",
    "transformers",
    "numpy",
    "cv2",
    "ray",
)
