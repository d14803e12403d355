"""Nothing that is not finite reaches the weights."""

import numpy as np
import pytest
import torch

from agents.finite import NotFiniteError, watch


@pytest.mark.parametrize("poison", [np.nan, np.inf])
def test_a_gradient_that_is_not_finite_stops_before_the_weights_change(poison: float) -> None:
    network = torch.nn.Linear(2, 1)
    optimizer = torch.optim.Adam(network.parameters())
    watch(optimizer)
    network(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    before = {name: weight.clone() for name, weight in network.state_dict().items()}
    optimizer.zero_grad()
    (poison * network(torch.ones(1, 2))).sum().backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    with pytest.raises(NotFiniteError, match=r"gradient is not finite; the weights are as they were.*--resume"):
        optimizer.step()
    assert all(torch.equal(weight, before[name]) for name, weight in network.state_dict().items())
