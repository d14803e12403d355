"""Confidence intervals of success rates."""

import math

Z95 = 1.959963984540054
"""Standard normal quantile at 97.5%."""


def wilson(successes: int, episodes: int) -> tuple[float, float]:
    """95% score interval of a proportion: E. B. Wilson, JASA 22 (1927) 209-212; holds near 0 and 1
    and for few episodes (Brown, Cai and DasGupta, 2001).

    Raises:
        ValueError: no episodes, or more successes than episodes.
    """
    if not 0 <= successes <= episodes or episodes == 0:
        raise ValueError(f"{successes} successes of {episodes} episodes; use at least one episode")
    rate = successes / episodes
    z2 = Z95**2
    middle = (rate + z2 / (2 * episodes)) / (1 + z2 / episodes)
    half = (
        Z95 / (1 + z2 / episodes) * math.sqrt(rate * (1 - rate) / episodes + z2 / (4 * episodes**2))
    )
    return max(0.0, middle - half) if successes else 0.0, min(
        1.0, middle + half
    ) if successes < episodes else 1.0


def paired(both: int, first: int, second: int, neither: int) -> tuple[float, float]:
    """95% interval of the difference of two success rates over the same episodes, the first's minus
    the second's.

    Method 10 of R. G. Newcombe, "Improved confidence intervals for the difference between binomial
    proportions based on paired data", Statistics in Medicine 17 (1998) 2635-2650: Wilson's
    intervals of the two rates, put together with the correlation of the pairs.

    Args:
        both, first, second, neither: how many episodes succeeded with both, with the first alone,
            with the second alone, with none.

    Raises:
        ValueError: no episodes, or a negative count.
    """
    if min(both, first, second, neither) < 0:
        raise ValueError(f"counts are {both}, {first}, {second}, {neither}; use 0 or more")
    n = both + first + second + neither
    (low1, high1) = wilson(both + first, n)
    (low2, high2) = wilson(both + second, n)
    rate1 = (both + first) / n
    rate2 = (both + second) / n
    margins = (both + first) * (second + neither) * (both + second) * (first + neither)
    product = both * neither - first * second
    # Newcombe's continuity correction of a positive correlation.
    covariance = max(product - n / 2, 0.0) if product > 0 else float(product)
    correlation = covariance / math.sqrt(margins) if margins else 0.0
    below = (rate1 - low1, high2 - rate2)
    above = (high1 - rate1, rate2 - low2)
    less, more = (
        math.sqrt(max(0.0, a * a - 2 * correlation * a * b + b * b)) for a, b in (below, above)
    )
    return rate1 - rate2 - less, rate1 - rate2 + more
