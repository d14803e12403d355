"""A run stops before a number that is not finite can reach the weights."""


class NotFiniteError(RuntimeError):
    """An action or a gradient is not finite; the weights are as they were. The message names the
    remedy.
    """

    def __init__(self, what: str) -> None:
        super().__init__(
            f"the {what} is not finite; the weights are as they were. To see it again, continue "
            "with --resume: that comes to the same place, bit for bit. "
            "To get past it, lower --ppo.rate or --ppo.target-kl"
        )
