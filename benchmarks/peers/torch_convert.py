"""A PyTorch file as safetensors, by the libraries' own means: all of it in memory."""

import sys

import torch
from safetensors.torch import save_file

save_file(torch.load(sys.argv[1], weights_only=True), sys.argv[2])
