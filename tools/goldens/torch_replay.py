"""Records what torchvision's get_params functions draw, so that the same draws can be played to this project's code."""
import torch


class Recorded:
    """Stands in for the torch module inside get_params: same code, draws from `rng` that are kept in a list."""

    def __init__(self, rng):
        self.rng = rng
        self.draws = []

    def __getattr__(self, name):
        return getattr(torch, name)

    def empty(self, _):
        return self

    def uniform_(self, low, high):
        u = int(self.rng.integers(0, 2**20)) / 2**20
        self.draws.append(u)
        return torch.tensor(float(low) + (float(high) - float(low)) * u, dtype=torch.float64)

    def randint(self, low, high, size):
        value = int(self.rng.integers(low, high))
        self.draws.append(value)
        return torch.tensor([value])
