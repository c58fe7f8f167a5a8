"""The image of an app, in a repository of its own."""

import json
from typing import TYPE_CHECKING

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
    architecture: str,
    force_delete: bool,
    provider: pulumi.ProviderResource | None,
) -> PushedImage:
    """Build an image and push it under an immutable tag to a scanned, encrypted repository."""
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
    image = child.make(
        "image",
        docker.Image,
        "image",
        image_name=pulumi.Output.format("{}:{}", repository.repository_url, build.tag),
        build={
            "context": str(build.context),
            "dockerfile": str(build.dockerfile),
            "platform": f"linux/{_PLATFORMS[architecture]}",
        },
        registry={
            "server": repository.repository_url,
            "username": token.user_name,
            "password": pulumi.Output.secret(token.password),
        },
    )
    return PushedImage(
        repository=repository,
        lifecycle_policy=lifecycle_policy,
        image=image,
        # By digest: a tag can be read differently later, a digest cannot.
        uri=image.repo_digest,
    )


_PLATFORMS = {"arm64": "arm64", "x86_64": "amd64"}
"""AWS's word for a processor -> Docker's."""
