"""What a component shows to others."""

import inspect

import pulumi


def register_outputs(component: pulumi.ComponentResource) -> None:
    """Register what the component's class annotates, which is what its schema has; once, last."""
    names = inspect.get_annotations(type(component))
    component.register_outputs({name: getattr(component, name) for name in names})
