"""AlexNet's shapes and parameters from Keras, which builds the model; weights are zeros."""

import keras
from keras import layers

relu = {"activation": "relu", "kernel_initializer": "zeros"}  # drawing weights takes seconds on JAX

model = keras.Sequential(
    [
        keras.Input((227, 227, 3)),
        layers.Conv2D(96, 11, strides=4, **relu),
        layers.MaxPooling2D(3, 2),
        layers.Conv2D(256, 5, padding="same", **relu),
        layers.MaxPooling2D(3, 2),
        layers.Conv2D(384, 3, padding="same", **relu),
        layers.Conv2D(384, 3, padding="same", **relu),
        layers.Conv2D(256, 3, padding="same", **relu),
        layers.MaxPooling2D(3, 2),
        layers.Flatten(),
        layers.Dense(4096, **relu),
        layers.Dense(4096, **relu),
        layers.Dense(1000, activation="softmax", kernel_initializer="zeros"),
    ]
)
for layer in model.layers:
    print(layer.output.shape)
print(f"{model.count_params():,}")
