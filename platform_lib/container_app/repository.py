"""The image of an app, in a repository of its own."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_aws as aws

from platform_lib.parts.children import Children
from platform_lib.records import record

if TYPE_CHECKING:
    from platform_lib.bundling.image import BuildContext

REPOSITORY_CHILDREN = {
    "repository": "aws.ecr.Repository",
    "lifecycle_policy": "aws.ecr.LifecyclePolicy",
    "image": "docker.Image",
}

_KEEP = {
    "rules": [
        {
            "rulePriority": 1,
            "description": "Images that lost their tag go after a week",
            "selection": {
                "tagStatus": "untagged",
                "countType": "sinceImagePushed",
                "countUnit": "days",
                "countNumber": 7,
            },
            "action": {"type": "expire"},
        },
        {
            "rulePriority": 2,
            "description": "The last 50 images stay, to go back to",
            "selection": {
                "tagStatus": "any",
                "countType": "imageCountMoreThan",
                "countNumber": 50,
            },
            "action": {"type": "expire"},
        },
    ]
}


@record
class PushedImage:
    """A repository, what it keeps, and the image that was pushed to it."""

    repository: "aws.ecr.Repository"
    lifecycle_policy: "aws.ecr.LifecyclePolicy"
    image: pulumi.CustomResource
    uri: pulumi.Output[str]


def push_image(
    child: Children,
    *,
    build: "BuildContext",
    build_overrides: Mapping[str, Any],
    architecture: str,
    force_delete: bool,
    provider: pulumi.ProviderResource | None,
) -> PushedImage:
    """Build an image and push it under an immutable tag to a scanned, encrypted repository.

    The tag names all that goes in. Where it is in the repository already, after a push that was
    killed, a return to older content or a build elsewhere, the image is built but not pushed, and
    the one that is there runs. See docs/decisions/0021-image-tags.md.
    """
    import pulumi_docker as docker

    repository = child.make(
        "repository",
        aws.ecr.Repository,
        "repository",
        image_tag_mutability="IMMUTABLE",
        image_scanning_configuration={"scan_on_push": True},
        encryption_configurations=[{"encryption_type": "AES256"}],
        force_delete=force_delete,
    )
    lifecycle_policy = child.make(
        "lifecycle_policy",
        aws.ecr.LifecyclePolicy,
        "lifecycle",
        repository=repository.name,
        policy=json.dumps(_KEEP),
    )
    token = aws.ecr.get_authorization_token_output(
        registry_id=repository.registry_id,
        opts=pulumi.InvokeOutputOptions(provider=provider),
    )
    tag = _tag(build.tag, build_overrides)
    pushed = _Pushed(repository=repository, provider=provider)
    image = child.make(
        "image",
        docker.Image,
        "image",
        image_name=pulumi.Output.format("{}:{}", repository.repository_url, tag),
        build={
            "context": str(build.context),
            "dockerfile": str(build.dockerfile),
            "platform": f"linux/{_PLATFORMS[architecture]}",
            **build_overrides,
        },
        # A preview pushes nothing, and the provider takes no answer that is not known yet.
        skip_push=False if pulumi.runtime.is_dry_run() else pushed.digest(tag).apply(bool),
        registry={
            "server": repository.repository_url,
            "username": token.user_name,
            "password": pulumi.Output.secret(token.password),
        },
        opts=pulumi.ResourceOptions(
            # Whether it is pushed is decided when it is made, and stays as it is; so whatever
            # needs another build makes it anew. A replacement's inputs are not ignored.
            ignore_changes=["skipPush"],
            replace_on_changes=["build", "imageName"],
        ),
    )
    return PushedImage(
        repository=repository,
        lifecycle_policy=lifecycle_policy,
        image=image,
        # By digest: a tag can be read differently later, a digest cannot.
        uri=image.repo_digest.apply(lambda known: known if "@" in str(known) else pushed.uri(tag)),
    )


def _tag(tag: str, build_overrides: Mapping[str, Any]) -> pulumi.Input[str]:
    """Let what the user adds to the build be part of what names it."""
    if not build_overrides:
        return tag
    return pulumi.Output.json_dumps(dict(build_overrides), sort_keys=True).apply(
        lambda text: f"{tag}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    )


@record
class _Pushed:
    """What is in a repository already."""

    repository: "aws.ecr.Repository"
    provider: pulumi.ProviderResource | None

    def digest(self, tag: pulumi.Input[str]) -> pulumi.Output[str]:
        """Look up what an image's digest is; empty where the tag is not there."""
        listed = aws.ecr.get_images_output(
            repository_name=self.repository.name,
            registry_id=self.repository.registry_id,
            opts=pulumi.InvokeOutputOptions(provider=self.provider),
        )

        def find(known: Sequence[Any]) -> str:
            images, wanted = known
            # A team's own mocks may not answer.
            found = (one.image_digest for one in images.image_ids or () if one.image_tag == wanted)
            return next(found, "")

        return pulumi.Output.all(listed, tag).apply(find)

    def uri(self, tag: pulumi.Input[str]) -> pulumi.Output[str]:
        """Name an image that was there before; by its tag where it is gone, for ECS to tell."""

        def word(known: Sequence[str]) -> str:
            url, tag, digest = known
            return f"{url}@{digest}" if digest else f"{url}:{tag}"

        return pulumi.Output.all(self.repository.repository_url, tag, self.digest(tag)).apply(word)


_PLATFORMS = {"arm64": "arm64", "x86_64": "amd64"}
"""AWS's word for a processor -> Docker's."""
