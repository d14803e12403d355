"""What all tests share."""

import torch

# Two threads would fight the other test processes and workers for the cores.
torch.set_num_threads(1)
