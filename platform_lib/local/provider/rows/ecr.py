"""ECR: repositories of images, and what they keep."""

from platform_lib.local.provider.row import Call, Look, Name, Row, Tags

_REPOSITORY = {"repositoryName": "{id}"}
_ARN = {"resourceArn": "arn:aws:ecr:{region}:{account}:repository/{id}"}

ROWS = (
    Row(
        type="aws:ecr/repository:Repository",
        service="ecr",
        noun="repository",
        name=Name("name", 256, lower=True),
        create=Call("create_repository"),
        id="repository.repositoryName",
        looks=(Look("describe_repositories", {"repositoryNames": ["{id}"]}, "repositories[0]"),),
        delete=Call("delete_repository", {**_REPOSITORY, "force": "{forceDelete}"}),
        update=(
            Call(
                "put_image_scanning_configuration",
                _REPOSITORY,
                takes=("imageScanningConfiguration",),
            ),
            Call(
                "put_image_tag_mutability",
                _REPOSITORY,
                takes=("imageTagMutability", "imageTagMutabilityExclusionFilters"),
            ),
        ),
        tags=Tags("tag_resource", "untag_resource", _ARN, Look("list_tags_for_resource", _ARN)),
        keeps=("encryptionConfigurations",),
        unset={
            "imageScanningConfiguration": {"scanOnPush": False},
            "imageTagMutability": "MUTABLE",
        },
        outputs={
            "arn": "repositoryArn",
            "registryId": "registryId",
            "repositoryUrl": "repositoryUri",
        },
        ignored={"forceDelete": "a destroy reads it from the state"},
        dropped={"imageTagMutabilityExclusionFilters": "moto forgets it"},
    ),
    Row(
        type="aws:ecr/lifecyclePolicy:LifecyclePolicy",
        service="ecr",
        create=Call("put_lifecycle_policy"),
        id="{repository}",
        looks=(Look("get_lifecycle_policy", _REPOSITORY),),
        delete=Call("delete_lifecycle_policy", _REPOSITORY),
        renames={"policy": "lifecyclePolicyText", "repository": "repositoryName"},
        replace=("policy", "repository"),
        outputs={"registryId": "registryId"},
    ),
    Row(
        type="aws:ecr/repositoryPolicy:RepositoryPolicy",
        service="ecr",
        create=Call("set_repository_policy"),
        id="{repository}",
        looks=(Look("get_repository_policy", _REPOSITORY),),
        delete=Call("delete_repository_policy", _REPOSITORY),
        renames={"policy": "policyText", "repository": "repositoryName"},
        update=(Call("set_repository_policy", whole=True),),
        replace=("repository",),
        outputs={"registryId": "registryId"},
    ),
)
