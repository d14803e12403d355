"""How sure a success rate is."""

import math

Z95 = 1.959963984540054
"""Standard normal quantile at 97.5%."""


def wilson(successes: int, episodes: int) -> tuple[float, float]:
    """95% score interval of a proportion: E. B. Wilson, JASA 22 (1927) 209-212; holds near 0 and 1 and for few episodes (Brown, Cai and DasGupta, 2001).

    Raises:
        ValueError: no episodes, or more successes than episodes.
    """
    if not 0 <= successes <= episodes or episodes == 0:
        raise ValueError(f"{successes} successes of {episodes} episodes; use at least one episode")
    rate, z2 = successes / episodes, Z95**2
    middle = (rate + z2 / (2 * episodes)) / (1 + z2 / episodes)
    half = Z95 / (1 + z2 / episodes) * math.sqrt(rate * (1 - rate) / episodes + z2 / (4 * episodes**2))
    return max(0.0, middle - half) if successes else 0.0, min(1.0, middle + half) if successes < episodes else 1.0
