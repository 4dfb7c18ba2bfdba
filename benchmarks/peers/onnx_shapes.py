"""AlexNet's shapes and parameters from ONNX's shape inference; weights are inputs without data."""

import math

from onnx import TensorProto, helper, shape_inference

nodes, weights = [], []
current = "image"


def add(kind: str, *shapes: tuple[int, ...], **attributes: object) -> None:
    """Append a node that reads the one before, and weights of these shapes."""
    global current
    names = [f"w{len(weights) + index}" for index in range(len(shapes))]
    weights.extend(zip(names, shapes, strict=True))
    output = f"x{len(nodes)}"
    nodes.append(helper.make_node(kind, [current, *names], [output], **attributes))
    current = output


def convolution(maps: int, inputs: int, kernel: int, stride: int = 1, padding: int = 0) -> None:
    add(
        "Conv",
        (maps, inputs, kernel, kernel),
        (maps,),
        strides=[stride] * 2,
        pads=[padding] * 4,
    )
    add("Relu")


def pooling() -> None:
    add("MaxPool", kernel_shape=[3, 3], strides=[2, 2])


convolution(96, 3, 11, stride=4)
pooling()
convolution(256, 96, 5, padding=2)
pooling()
convolution(384, 256, 3, padding=1)
convolution(384, 384, 3, padding=1)
convolution(256, 384, 3, padding=1)
pooling()
add("Flatten")
add("Gemm", (4096, 9216), (4096,), transB=1)
add("Relu")
add("Gemm", (4096, 4096), (4096,), transB=1)
add("Relu")
add("Gemm", (1000, 4096), (1000,), transB=1)
add("Softmax", axis=1)

inputs = [("image", (1, 3, 227, 227)), *weights]
graph = helper.make_graph(
    nodes,
    "AlexNet",
    [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs],
    [helper.make_tensor_value_info(current, TensorProto.FLOAT, (1, 1000))],
)
inferred = shape_inference.infer_shapes(helper.make_model(graph), check_type=True, strict_mode=True)
for value in inferred.graph.value_info:
    print([dimension.dim_value for dimension in value.type.tensor_type.shape.dim])
print(f"{sum(math.prod(shape) for _, shape in weights):,}")
