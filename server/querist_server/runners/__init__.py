"""ONNX models: where they are stored, what is in them, and the processes that run them. Only `worker` imports ONNX Runtime."""
