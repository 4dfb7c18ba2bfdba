"""The shapes of a generated model from PyTorch, on the device that has no memory."""

import runpy
import sys

import torch

with torch.device("meta"), torch.no_grad():
    model = runpy.run_path(sys.argv[1])["Deep"]()
    print(tuple(model(torch.empty(1, 8, 32, 32)).shape))
