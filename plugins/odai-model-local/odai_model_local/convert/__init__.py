"""Turns published weights into the small ONNX files that the voice loads; needs `onnx`, used by the fetch alone."""
