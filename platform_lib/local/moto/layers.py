"""What we change in moto's layers: what a function keeps of them, and how they are asked for."""

import json
from typing import Any


def patch_layers() -> None:
    """Apply every patch."""
    keep_the_layers_of_a_function()
    find_a_layer_by_its_arn()


def keep_the_layers_of_a_function() -> None:
    """Let each version of a function keep its layers' bytes, and refuse layers of others.

    Lambda keeps a copy of a deleted layer version for the functions that have it; moto forgets
    it. moto also looks at a layer's name alone, whosever account and region it is in.
    https://docs.aws.amazon.com/lambda/latest/api/API_DeleteLayerVersion.html
    """
    from moto.awslambda.exceptions import InvalidParameterValueException
    from moto.awslambda.models import LambdaFunction
    from moto.backends import get_backend

    function: Any = LambdaFunction
    theirs = function._get_layers_data

    def _get_layers_data(self: Any, arns: list[str]) -> list[dict[str, Any]]:
        for arn in arns:
            region, account = arn.split(":")[3:5]
            if (region, account) != (self.region, self.account_id):
                raise InvalidParameterValueException(
                    f"{arn} is not of this account and region, and the local cloud has no other's "
                    "layers: leave it out here, or publish one of its own in the program"
                )
        data: list[dict[str, Any]] = theirs(self, arns)
        backend: Any = get_backend("lambda")[self.account_id][self.region]
        # Never changed in place: a published version has its own.
        self.layer_versions = tuple(backend.layers_versions_by_arn(arn) for arn in arns)
        return data

    function._get_layers_data = _get_layers_data


def find_a_layer_by_its_arn() -> None:
    """Answer for a layer version by its ARN, which in HTTP is a way to list layers."""
    from moto.awslambda.exceptions import UnknownLayerException
    from moto.awslambda.responses import LambdaResponse

    response: Any = LambdaResponse
    theirs = response.list_layers

    def list_layers(self: Any) -> str:
        if "find" not in self.querystring:
            told: str = theirs(self)
            return told
        found = self.backend.layers_versions_by_arn(self.querystring["Arn"][0])
        if found is None:
            raise UnknownLayerException
        return json.dumps(found.get_layer_version())

    # Both operations have one path: which of them moto takes it for is moto's affair.
    response.list_layers = response.get_layer_version_by_arn = list_layers
