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
    "/currencies": 20,
    "/deals/summary": 40,
    "/legacyTeams": 20,
}
V2 = {
    "/deals": 10,
    "/deals/archived": 20,
    "/deals/{id}": 1,
    "/deals/installments": 10,
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
    "/boards": 10,
}
COSTS = {"v1": V1, "v2": V2}
