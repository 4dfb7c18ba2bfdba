"""AlexNet's shapes and parameters from PyTorch, on the device that has no memory."""

import torch
from torch import nn

with torch.device("meta"), torch.no_grad():
    model = nn.Sequential(
        nn.Conv2d(3, 96, 11, stride=4),
        nn.ReLU(),
        nn.MaxPool2d(3, 2),
        nn.Conv2d(96, 256, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(3, 2),
        nn.Conv2d(256, 384, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(384, 384, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(3, 2),
        nn.Flatten(),
        nn.Linear(9216, 4096),
        nn.ReLU(),
        nn.Linear(4096, 4096),
        nn.ReLU(),
        nn.Linear(4096, 1000),
        nn.Softmax(dim=1),
    )
    x = torch.empty(1, 3, 227, 227)
    for layer in model:
        x = layer(x)
        print(tuple(x.shape))
print(f"{sum(parameter.numel() for parameter in model.parameters()):,}")
