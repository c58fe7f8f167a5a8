"""Options that hand-written resources share."""

import pulumi


def keep(*inputs, **options):
    """Keep inputs that a rename would change, and that AWS changes by another resource only."""
    if "name" in inputs:
        options["delete_before_replace"] = False
    return pulumi.ResourceOptions(ignore_changes=[*inputs], **options)
