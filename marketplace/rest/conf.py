"""Settings of the libraries under the API. The settings module imports this, so it imports nothing itself."""

from typing import Any

MAX_BODY_BYTES = 1024 * 1024

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "marketplace.rest.authentication.TokenAuthentication",
        "marketplace.rest.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["marketplace.rest.permissions.ScopePermission"],
    "DEFAULT_THROTTLE_CLASSES": ["marketplace.rest.throttling.RateLimit"],
    "DEFAULT_PARSER_CLASSES": ["marketplace.rest.parsing.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["marketplace.rest.rendering.OrjsonRenderer"],
    "DEFAULT_SCHEMA_CLASS": "marketplace.rest.schema.ApiSchema",
    "EXCEPTION_HANDLER": "marketplace.rest.problems.exception_handler",
    "DEFAULT_PAGINATION_CLASS": None,
    "DEFAULT_FILTER_BACKENDS": [],
    "DEFAULT_METADATA_CLASS": None,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "URL_FORMAT_OVERRIDE": None,
    "FORMAT_SUFFIX_KWARG": None,
    "COERCE_DECIMAL_TO_STRING": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "TEST_REQUEST_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "rest_framework.renderers.MultiPartRenderer",
    ],
}

REST_KNOX: dict[str, Any] = {
    "TOKEN_PREFIX": "hwk_",
    "AUTH_HEADER_PREFIX": "Bearer",
    "TOKEN_TTL": None,
    "TOKEN_LIMIT_PER_USER": None,
    "AUTO_REFRESH": False,
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Hawker API",
    "DESCRIPTION": "Brands, products, live sessions, orders. The conventions are in docs/api.md.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": r"/api/v[0-9]+/",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SORT_OPERATION_PARAMETERS": True,
    "POSTPROCESSING_HOOKS": ["marketplace.rest.conventions.add_conventions"],
}
