"""What can go wrong in the local cloud, in words for the person who ran it."""


class LocalCloudError(Exception):
    """The local cloud cannot do what was asked; the message says why and what to change."""


class NotSteady(LocalCloudError):  # noqa: N818 - it names a state, as the engine words it
    """A resource was made, but what it runs does not serve; the message ends with its log."""
