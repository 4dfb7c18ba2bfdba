"""ONNX's own cases of single operators as specs of one layer, where they are one."""
