"""ResNet-50 as one would write it by hand in Keras, to measure the generated source against.

It is the same network: He's initializer, weight decay on kernels, PyTorch's padding, named layers.
"""

import keras
from keras import layers

WEIGHT_DECAY = keras.regularizers.L2(0.0001 / 2)


def he_normal() -> keras.initializers.Initializer:
    """Draw kernels as He et al. do."""
    return keras.initializers.VarianceScaling(2.0, mode="fan_in", distribution="untruncated_normal")


def convolution(
    x: keras.KerasTensor, maps: int, kernel: int, strides: int = 1, *, name: str
) -> keras.KerasTensor:
    """Convolve without a bias, padded on all sides alike."""
    if kernel > 1:
        x = layers.ZeroPadding2D(kernel // 2, name=f"{name}_pad")(x)
    return layers.Conv2D(
        maps,
        kernel,
        strides=strides,
        use_bias=False,
        kernel_initializer=he_normal(),
        kernel_regularizer=WEIGHT_DECAY,
        name=name,
    )(x)


def normalization(x: keras.KerasTensor, *, name: str) -> keras.KerasTensor:
    """Normalize with PyTorch's constants."""
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=name)(x)


def bottleneck(
    x: keras.KerasTensor, maps: int, strides: int = 1, *, name: str
) -> keras.KerasTensor:
    """Put a 3x3 convolution between two of 1x1, beside a shortcut."""
    shortcut = x
    if strides != 1 or x.shape[-1] != 4 * maps:
        shortcut = convolution(x, 4 * maps, 1, strides, name=f"{name}.downsample.0")
        shortcut = normalization(shortcut, name=f"{name}.downsample.1")
    x = convolution(x, maps, 1, name=f"{name}.conv1")
    x = normalization(x, name=f"{name}.bn1")
    x = layers.Activation("relu", name=f"{name}.relu1")(x)
    x = convolution(x, maps, 3, strides, name=f"{name}.conv2")
    x = normalization(x, name=f"{name}.bn2")
    x = layers.Activation("relu", name=f"{name}.relu2")(x)
    x = convolution(x, 4 * maps, 1, name=f"{name}.conv3")
    x = normalization(x, name=f"{name}.bn3")
    x = layers.Add(name=f"{name}.add")([x, shortcut])
    return layers.Activation("relu", name=f"{name}.out")(x)


def build_model(*, logits: bool = False) -> keras.Model:
    """Build ResNet-50 for 1000 classes.

    With `logits`, the last softmax is left out: a cross-entropy loss takes it along.
    """
    inputs = keras.Input((224, 224, 3), name="image")
    x = convolution(inputs, 64, 7, 2, name="conv1")
    x = normalization(x, name="bn1")
    x = layers.Activation("relu", name="relu")(x)
    x = layers.ZeroPadding2D(1, name="maxpool_pad")(x)  # right for rectified values
    x = layers.MaxPooling2D(3, strides=2, name="maxpool")(x)
    for stage, depth in enumerate((3, 4, 6, 3), 1):
        maps = 32 * 2**stage
        for index in range(depth):
            strides = 2 if stage > 1 and index == 0 else 1
            x = bottleneck(x, maps, strides, name=f"layer{stage}.{index}")
    x = layers.GlobalAveragePooling2D(name="avgpool")(x)
    x = layers.Dense(
        1000,
        activation=None if logits else "softmax",
        kernel_regularizer=WEIGHT_DECAY,
        name="fc",
    )(x)
    return keras.Model(inputs, x, name="ResNet50")
