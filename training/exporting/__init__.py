"""A bundle's network as ONNX graphs: fp32, and int8 where it decides as the network does."""
