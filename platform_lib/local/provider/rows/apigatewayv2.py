"""HTTP APIs of API Gateway."""

from platform_lib.local.provider.row import Call, Look, Name, Properties, Row, Tags, because


def _stage(inputs: Properties) -> Properties:
    """Word the settings of routes as AWS does, by the routes' keys."""
    settings = inputs.get("routeSettings")
    if not isinstance(settings, list):
        return inputs
    by_key = {
        one.get("routeKey", ""): {word: item for word, item in one.items() if word != "routeKey"}
        for one in settings
    }
    return {**inputs, "routeSettings": by_key}


_API = {"ApiId": "{id}"}
_INTEGRATION = {"ApiId": "{apiId}", "IntegrationId": "{id}"}
_ROUTE = {"ApiId": "{apiId}", "RouteId": "{id}"}
_STAGE = {"ApiId": "{apiId}", "StageName": "{name}"}
_AUTHORIZER = {"ApiId": "{apiId}", "AuthorizerId": "{id}"}
_DOMAIN = {"DomainName": "{domainName}"}
_MAPPING = {"DomainName": "{domainName}", "ApiMappingId": "{id}"}
_EXECUTE = "arn:aws:execute-api:{region}:{account}"
_OF_API = {"apiId": "it is asked for by its API"}

ROWS = (
    Row(
        type="aws:apigatewayv2/api:Api",
        service="apigatewayv2",
        name=Name("name", 128),
        create=Call("create_api"),
        id="ApiId",
        looks=(Look("get_api", _API),),
        delete=Call("delete_api", _API),
        defaults={"ipAddressType": "ipv4"},
        update=(
            Call("update_api", _API),
            Call(
                "update_api",
                _API,
                takes=("corsConfiguration",),
                without="delete_cors_configuration",
            ),
        ),
        unset={
            "apiKeySelectionExpression": "$request.header.x-api-key",
            "routeSelectionExpression": "$request.method $request.path",
        },
        replace=("credentialsArn", "protocolType", "routeKey", "target"),
        tags=Tags(
            "tag_resource",
            "untag_resource",
            {"ResourceArn": "arn:aws:apigateway:{region}::/apis/{id}"},
        ),
        endpoint=("http_api", "{id}"),
        outputs={
            "arn": "arn:aws:apigateway:{region}::/apis/{id}",
            "apiEndpoint": "http://{endpoint}",
            "executionArn": f"{_EXECUTE}:{{id}}",
        },
        dropped=because(
            "moto makes other resources of it and forgets it",
            "target",
            "routeKey",
            "credentialsArn",
            "ipAddressType",
        ),
        refused=because("an API is made of its own resources here", "body", "failOnWarnings"),
    ),
    Row(
        type="aws:apigatewayv2/integration:Integration",
        service="apigatewayv2",
        create=Call("create_integration"),
        id="IntegrationId",
        looks=(Look("get_integration", _INTEGRATION),),
        delete=Call("delete_integration", _INTEGRATION),
        renames={"timeoutMilliseconds": "TimeoutInMillis"},
        update=(Call("update_integration", _INTEGRATION),),
        keeps=("timeoutMilliseconds",),
        unset={
            "connectionType": "INTERNET",
            "passthroughBehavior": "WHEN_NO_MATCH",
            "payloadFormatVersion": "1.0",
        },
        replace=("integrationSubtype", "integrationType"),
        dropped=_OF_API,
        refused={"responseParameters": "the local front changes no answers"},
    ),
    Row(
        type="aws:apigatewayv2/route:Route",
        service="apigatewayv2",
        create=Call("create_route"),
        id="RouteId",
        looks=(Look("get_route", _ROUTE),),
        delete=Call("delete_route", _ROUTE),
        update=(Call("update_route", _ROUTE),),
        unset={"apiKeyRequired": False, "authorizationType": "NONE"},
        dropped=_OF_API,
        refused={"requestParameters": "the local front changes no requests"},
    ),
    Row(
        type="aws:apigatewayv2/stage:Stage",
        service="apigatewayv2",
        noun="Stage",
        name=Name("name", 128),
        create=Call("create_stage"),
        id="{name}",
        looks=(Look("get_stage", _STAGE),),
        delete=Call("delete_stage", _STAGE),
        prepare=_stage,
        tags=Tags(
            "tag_resource",
            "untag_resource",
            {"ResourceArn": "arn:aws:apigateway:{region}::/apis/{apiId}/stages/{name}"},
        ),
        update=(
            Call("update_stage", _STAGE),
            Call(
                "update_stage",
                _STAGE,
                takes=("accessLogSettings",),
                without="delete_access_log_settings",
            ),
        ),
        dropped=_OF_API,
        endpoint=("http_api", "{apiId}"),
        keeps=("deploymentId",),
        unset={"autoDeploy": False, "defaultRouteSettings": {}},
        outputs={
            "arn": "arn:aws:apigateway:{region}::/apis/{apiId}/stages/{name}",
            "executionArn": f"{_EXECUTE}:{{apiId}}/{{name}}",
            "invokeUrl": "http://{endpoint}/",
        },
    ),
    Row(
        type="aws:apigatewayv2/authorizer:Authorizer",
        service="apigatewayv2",
        name=Name("name", 128),
        create=Call("create_authorizer"),
        id="AuthorizerId",
        looks=(Look("get_authorizer", _AUTHORIZER),),
        delete=Call("delete_authorizer", _AUTHORIZER),
        renames={"identitySources": "IdentitySource"},
        update=(Call("update_authorizer", _AUTHORIZER),),
        unset={"jwtConfiguration": {}},
        dropped=_OF_API,
        refused=because(
            "authorizers that are functions are not imitated",
            "authorizerCredentialsArn",
            "authorizerPayloadFormatVersion",
            "authorizerResultTtlInSeconds",
            "authorizerUri",
            "enableSimpleResponses",
        ),
    ),
    Row(
        type="aws:apigatewayv2/domainName:DomainName",
        service="apigatewayv2",
        create=Call("create_domain_name"),
        id="{domainName}",
        looks=(Look("get_domain_name", _DOMAIN),),
        delete=Call("delete_domain_name", _DOMAIN),
        update=(Call("update_domain_name", _DOMAIN, takes=("domainNameConfiguration",)),),
        tags=Tags(
            "tag_resource",
            "untag_resource",
            {"ResourceArn": "arn:aws:apigateway:{region}::/domainnames/{id}"},
        ),
        endpoint=("domain_name", "{id}"),
        outputs={
            "arn": "arn:aws:apigateway:{region}::/domainnames/{id}",
            "apiMappingSelectionExpression": "ApiMappingSelectionExpression",
        },
        added={
            "domainNameConfiguration": {
                "targetDomainName": "{endpoint}",
                "hostedZoneId": "Z1UJRXOUMOOFQ8",
            }
        },
        ignored={
            f"domainNameConfiguration.{word}": "AWS says it, nobody sets it"
            for word in ("hostedZoneId", "targetDomainName")
        },
        refused={
            "mutualTlsAuthentication": "TLS is not imitated",
            "routingMode": "routing rules are not imitated, only mappings",
        },
    ),
    Row(
        type="aws:apigatewayv2/apiMapping:ApiMapping",
        service="apigatewayv2",
        create=Call("create_api_mapping"),
        id="ApiMappingId",
        looks=(Look("get_api_mapping", _MAPPING),),
        delete=Call("delete_api_mapping", _MAPPING),
        update=(
            Call(
                "update_api_mapping",
                {**_MAPPING, "ApiId": "{apiId}"},
                takes=("apiMappingKey", "stage"),
            ),
        ),
        replace=("apiId", "domainName"),
        dropped={"domainName": "it is asked for by it"},
    ),
)
