"""What runs the model in the peers: the product's scorer, or ONNX Runtime; the plain script has a Keras file."""

from typing import Final

ONNX_FILE: Final = "model.onnx"
"""Its name in the model's folder."""
