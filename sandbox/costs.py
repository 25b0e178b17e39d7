"""
What a request costs in tokens, as the vendor's OpenAPI documents price it
(their `x-token-cost`). Paths are written as in those documents.
"""

from __future__ import annotations

V1 = {
    "/users": 20,
    "/users/me": 2,
    "/users/{id}": 2,
    "/leads": 20,
    "/leads/archived": 40,
    "/leads/{id}": 2,
    "/leadLabels": 10,
    "/leadSources": 2,
    "/leadFields": 20,
    "/notes": 20,
    "/notes/{id}": 2,
    "/noteFields": 20,
    "/filters": 20,
    "/filters/{id}": 2,
    "/activityTypes": 20,
    "/activityFields": 20,
    "/currencies": 20,
    "/deals/summary": 40,
    "/legacyTeams": 20,
    "/roles": 20,
    "/permissionSets": 20,
    "/goals/find": 20,
    "/files": 20,
    "/callLogs": 20,
    "/organizationRelationships": 20,
    "/notes/{id}/comments": 20,
    "/deals/{id}/participants": 10,
    "/deals/{id}/changelog": 20,
    "/persons/{id}/changelog": 20,
    "/organizations/{id}/changelog": 20,
    "/mailbox/mailMessages/{id}": 2,
    "/mailbox/mailThreads": 20,
    "/mailbox/mailThreads/{id}/mailMessages": 20,
}
V2 = {
    "/deals": 10,
    "/deals/archived": 20,
    "/deals/{id}": 1,
    "/deals/installments": 10,
    "/deals/products": 10,
    "/deals/{id}/discounts": 10,
    "/deals/{id}/followers": 10,
    "/persons": 10,
    "/persons/{id}": 1,
    "/organizations": 10,
    "/organizations/{id}": 1,
    "/activities": 10,
    "/activities/{id}": 1,
    "/products": 10,
    "/products/{id}": 1,
    "/pipelines": 5,
    "/pipelines/{id}": 1,
    "/stages": 5,
    "/stages/{id}": 1,
    "/dealFields": 10,
    "/dealFields/{field_code}": 1,
    "/personFields": 10,
    "/personFields/{field_code}": 1,
    "/organizationFields": 10,
    "/organizationFields/{field_code}": 1,
    "/productFields": 10,
    "/productFields/{field_code}": 1,
    "/activityFields": 10,
    "/activityFields/{field_code}": 1,
    "/projects": 10,
    "/projects/archived": 10,
    "/projects/{id}": 1,
    "/projectFields": 10,
    "/projectFields/{field_code}": 1,
    "/projectTemplates": 10,
    "/projectTemplates/{id}": 1,
    "/tasks": 10,
    "/tasks/{id}": 1,
    "/boards": 10,
    "/phases": 10,
    "/products/{id}/variations": 10,
    "/persons/{id}/followers": 10,
    "/organizations/{id}/followers": 10,
    "/products/{id}/followers": 10,
}
COSTS = {"v1": V1, "v2": V2}

_RECORDS_V2 = ("/deals", "/persons", "/organizations", "/activities", "/products")
_FIELDS_V2 = ("/dealFields", "/personFields", "/organizationFields", "/productFields")
_OPTIONS = tuple(f"{path}/{{field_code}}/options" for path in _FIELDS_V2)
WRITES: dict[str, dict[str, dict[str, int]]] = {
    "v2": {
        "POST": dict.fromkeys((*_RECORDS_V2, *_FIELDS_V2, *_OPTIONS), 5),
        "PATCH": {
            **dict.fromkeys((f"{path}/{{id}}" for path in _RECORDS_V2), 5),
            **dict.fromkeys((f"{path}/{{field_code}}" for path in _FIELDS_V2), 5),
            **dict.fromkeys(_OPTIONS, 5),
        },
        "DELETE": {
            **dict.fromkeys((f"{path}/{{id}}" for path in _RECORDS_V2), 3),
            **dict.fromkeys((f"{path}/{{field_code}}" for path in _FIELDS_V2), 3),
            **dict.fromkeys(_OPTIONS, 3),
        },
    },
    "v1": {
        "POST": {"/leads": 10, "/notes": 10},
        "PATCH": {"/leads/{id}": 10},
        "PUT": {
            "/notes/{id}": 10,
            **dict.fromkeys(("/deals/{id}/merge", "/persons/{id}/merge", "/organizations/{id}/merge"), 40),
        },
        "DELETE": {"/leads/{id}": 6, "/notes/{id}": 6},
    },
}
"""By version and method."""
