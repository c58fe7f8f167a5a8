"""What a row says of one resource type; `rows/` holds them, service by service.

Most of a conversion is derived from AWS's own service models (`convert.py`), so a row names only
what cannot be: which operations make, change, read and delete the resource, where its id stands,
and where Pulumi's words differ from AWS's. Templates are strings in which `{name}` is an input, an
output, or one of `id`, `account`, `region`, `endpoint`; a template that is one `{name}` alone
keeps that value's type, and a template that names something absent gives nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from platform_lib.local.account import Account

Properties = dict[str, Any]

TAGS_ALL: Final = "tagsAll"
"""Input that holds the tags with the provider's default ones, where it has any."""

GLOBAL: Final = ("iam", "route53")
"""Services whose resources are in no region."""

NO_CONFIG: Final[Mapping[str, Any]] = MappingProxyType({})
"""A provider's configuration that says nothing."""


@dataclass(frozen=True)
class Call:
    """One operation of AWS's.

    Attributes:
        operation: Its boto3 name, `create_table`.
        given: Members that the row fills, as templates.
        takes: The inputs that it is for; those that `given` names are taken by it. Default: all
            that the operation has a member for.
        renames: Input path -> member path, where this operation alone differs from the row.
        whole: Whether an update sends every input, not only what changed. Default: it does for
            operations that put, create or register.
        without: Operation that takes away what this one set, with the same `given`.
    """

    operation: str
    given: Mapping[str, Any] = field(default_factory=dict)
    takes: tuple[str, ...] | None = None
    renames: Mapping[str, str] = field(default_factory=dict)
    whole: bool | None = None
    without: str = ""

    @property
    def sends_all(self) -> bool:
        """Whether an update sends every input."""
        if self.whole is not None:
            return self.whole
        return self.operation.startswith(("put_", "create_", "register_", "authorize_"))


@dataclass(frozen=True)
class Look:
    """One operation that reads.

    Attributes:
        operation: Its boto3 name.
        given: Its members, as templates.
        found: JMESPath of the resource in the answer; no match means that it is gone. Members may
            also name what earlier looks found.
        under: Key under which what was found joins the rest. Default: its top level.
        absent: Error codes that mean "there is none of this part", not that the resource is gone.
    """

    operation: str
    given: Mapping[str, Any] = field(default_factory=dict)
    found: str = "@"
    under: str = ""
    absent: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tags:
    """How a service tags what exists.

    Attributes:
        add: Operation that sets tags.
        remove: Operation that takes tags away, by their keys.
        target: Members that name the resource, as templates.
        read: How tags are read back. Default: they stand in what the row reads.
    """

    add: str
    remove: str
    target: Mapping[str, Any]
    read: Look | None = None


@dataclass(frozen=True)
class Name:
    """The input that names the resource and is made up where the user gives none.

    Attributes:
        input: The input.
        limit: How long a name AWS takes.
        fifo: Input that, where it is true, makes names end in `.fifo`.
        lower: Whether a made-up name has small letters only.
        stem: What a made-up name begins with instead of the resource's own.
    """

    input: str
    limit: int
    fifo: str = ""
    lower: bool = False
    stem: str = ""

    @property
    def prefix(self) -> str:
        """The input that a made-up name begins with, where the user gives it."""
        return f"{self.input}Prefix"


@dataclass(frozen=True, kw_only=True)
class Row:
    """How one resource type is imitated.

    Attributes:
        type: Pulumi's type token.
        service: boto3's name of the service.
        create: Operation that makes it.
        id: JMESPath in the answer of `create`, or a template.
        made: Output -> JMESPath in the answer of `create`, where a delete needs it besides the id.
        looks: Operations that read it, the first of which says whether it exists.
        delete: Operation that deletes it. Default: nothing is left to delete.
        noun: Word that AWS puts before members: `Table` for TableName.
        into: Member in which operations keep most of the inputs.
        name: The input that names it.
        renames: Input path -> member path, where the derived one is wrong; "" lays a block's
            members into its parent.
        attributes: Input path -> key in the operation's `Attributes`.
        defaults: Inputs that Pulumi's provider fills in.
        unset: What an input is where no program gives it: the provider's default. One that is
            taken away is set to it, and giving it changes nothing. None: nothing is sent for it.
        keeps: Inputs that the provider leaves to AWS where no program gives them, `Optional` and
            `Computed` in its schema: one that is taken away stays as it is.
        also: Operations after `create`, each where one of its inputs is given; a retry repeats
            them.
        update: Operations that change it, each where one of its inputs changed.
        tags: How tags change.
        tag_specification: EC2's word for the resource in a TagSpecification.
        outputs: Output -> JMESPath in what was read, or a template.
        added: Block -> what AWS adds to it, as templates: outputs inside of an input.
        secret: Properties that are secret, also where no program said so: in what is looked up.
        volatile: Outputs that any update may change: a preview does not know them.
        replace: Inputs that replace although some operation takes them.
        settled: Inputs that one that comes or goes replaces, and one that changes does not.
        back: Input -> JMESPath in what was read, where it stands elsewhere than it was sent.
        ignored: Input path -> why leaving it out is right here.
        refused: Input path -> why it cannot be imitated.
        dropped: Input path -> why it is sent but cannot be read back.
        endpoint: (kind, template of the id): the address that the data plane serves it on, for
            outputs that name `{endpoint}`; its port is `{endpointPort}`.
        prepare: Changes inputs before they are converted.
        asked: Inputs that the provider finds out itself before `create`, where none are given.
        hooked: Inputs that the hooks below take care of.
        created: What else making it takes, after `create`; a retry repeats it.
        served: What the provider does after its wait for what was made to serve; none of it is
            done where that wait failed.
        updated: What else an update takes: it gets the state before and after.
        heard: The word for an update that the data plane gets, from the inputs before and after;
            an empty one is not told, and not waited for. Default: `update`.
        deleting: What else deleting it takes, before `delete`.
        seen: Changes what was read before it is compared; None says that the resource is gone.
    """

    type: str
    service: str
    create: Call
    id: str
    made: Mapping[str, str] = field(default_factory=dict)
    looks: tuple[Look, ...] = ()
    delete: Call | None = None
    noun: str = ""
    into: str = ""
    name: Name | None = None
    renames: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    unset: Mapping[str, Any] = field(default_factory=dict)
    keeps: tuple[str, ...] = ()
    also: tuple[Call, ...] = ()
    update: tuple[Call, ...] = ()
    tags: Tags | None = None
    tag_specification: str = ""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    added: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    secret: tuple[str, ...] = ()
    volatile: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    settled: tuple[str, ...] = ()
    back: Mapping[str, str] = field(default_factory=dict)
    ignored: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    dropped: Mapping[str, str] = field(default_factory=dict)
    endpoint: tuple[str, str] | None = None
    prepare: Callable[[Properties], Properties] | None = None
    asked: Callable[[Account, Properties], Properties] | None = None
    hooked: tuple[str, ...] = ()
    created: Callable[[Account, Properties], None] | None = None
    served: Callable[[Account, Properties], None] | None = None
    updated: Callable[[Account, Properties, Properties], None] | None = None
    heard: Callable[[Properties, Properties], str] | None = None
    deleting: Callable[[Account, Properties], None] | None = None
    seen: Callable[[Account, Properties, Properties], Properties | None] | None = None


def because(reason: str, *inputs: str) -> dict[str, str]:
    """Give several inputs one reason, for `ignored`, `refused` and `dropped`."""
    return dict.fromkeys(inputs, reason)
