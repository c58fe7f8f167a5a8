"""What the provider would do for a change: nothing, an update, or another resource in its place."""

from plugin import UNKNOWN

from platform_lib.local.provider.check import Autoname, check

FALSE = (None, "", [], {}, False, 0)


def checked(row, old, new, name="r"):
    """Give inputs as they are after Check: with defaults, and a name where pulumi-aws makes one."""
    inputs, _ = check(row, old, new, Autoname(name, b"seed"))
    if row.name and row.name.prefix in new:
        # Where there is a prefix, the provider makes the name.
        inputs.pop(row.name.input, None)
    return inputs


class Judge:
    """Asks the provider about changes of one resource type's configuration."""

    def __init__(self, provider, type):
        self.provider, self.type, self.block = provider, type, provider.block(type)

    def made(self, config):
        """Give the state of a resource that was just made, with AWS's answers invented."""
        planned, _, private = self.provider.plan(
            self.type, None, _proposed(self.block, None, config), config
        )
        return _invented(planned, self.block), private

    def verdict(self, made, config):
        """Say `nothing`, `update` or `replace`, and of what."""
        prior, private = made
        planned, paths, _ = self.provider.plan(
            self.type, prior, _proposed(self.block, prior, config), config, private
        )
        changed = [
            name for name in sorted(planned) if not _same(prior.get(name), planned[name], name)
        ]
        replacing = [path for path in paths if path[0] in changed]
        return "replace" if replacing else "update" if changed else "nothing", changed


def _same(before, after, name):
    if after is UNKNOWN:
        # Only what is not known yet because something else changes.
        return True
    return (
        before == after
        or (before in FALSE and after in FALSE)
        or name == "timeouts"
        or _sorted(before) == _sorted(after)
    )


def _sorted(value):
    if isinstance(value, list):
        return sorted((_sorted(one) for one in value), key=repr)
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value) if value[key] not in FALSE}
    return value


def _proposed(block, prior, config):
    """Merge as Terraform does: what the program does not say and the provider may is as before."""
    prior = prior or {}
    out = {}
    for name, attribute in block.attributes.items():
        given = config[name]
        out[name] = prior.get(name) if given is None and attribute.computed else given
    for name, nested in block.blocks.items():
        given, before = config[name], prior.get(name)
        if nested.nesting == "list" and isinstance(given, list):
            befores = before or []
            out[name] = [
                _proposed(nested.block, befores[at] if at < len(befores) else None, one)
                for at, one in enumerate(given)
            ]
        elif nested.nesting == "set" and isinstance(given, list):
            out[name] = [_proposed(nested.block, _match(one, before or []), one) for one in given]
        elif nested.nesting in ("single", "group") and isinstance(given, dict):
            out[name] = _proposed(nested.block, before, given)
        else:
            out[name] = given
    return out


def _match(one, befores):
    """Find the element that a configured one is: all that it says is the same there."""
    return next((before for before in befores if _within(one, before)), None)


def _within(one, before):
    if isinstance(one, dict) and isinstance(before, dict):
        return all(_within(value, before.get(key)) for key, value in one.items())
    if isinstance(one, list) and isinstance(before, list):
        return len(one) == len(before) and all(
            any(_within(item, other) for other in before) for item in one
        )
    return one in FALSE or one == before


def _invented(value, block):
    """Put answers where only AWS knows: none where a program could have said it, else made up."""
    out = {}
    for name, item in value.items():
        if name in block.attributes:
            attribute = block.attributes[name]
            said = (
                ""
                if attribute.optional and name != "id"
                else "arn:aws:made:us-east-1:123456789012:made"
                if name.endswith("arn")
                else "made"
            )
            out[name] = _invent(item, attribute.type, said)
        elif isinstance(item, list):
            out[name] = [_invented(one, block.blocks[name].block) for one in item]
        else:
            out[name] = (
                _invented(item, block.blocks[name].block)
                if isinstance(item, dict)
                else None
                if item is UNKNOWN
                else item
            )
    return out


def _invent(item, kind, said):
    if item is UNKNOWN:
        return (
            {"string": said, "number": 0, "bool": False, "dynamic": None}[kind]
            if isinstance(kind, str)
            else {}
            if kind[0] == "map"
            else []
        )
    if isinstance(item, list) and isinstance(kind, list):
        return [_invent(one, kind[1], said) for one in item]
    if isinstance(item, dict) and isinstance(kind, list):
        return {
            key: _invent(one, kind[1][key] if kind[0] == "object" else kind[1], said)
            for key, one in item.items()
        }
    return item
