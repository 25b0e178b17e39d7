"""
Which permissions an endpoint asks of an app, any one of them being enough, as
the vendor's OpenAPI documents say (`security`). Paths as in `costs`.
"""

from __future__ import annotations


def _read(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}:{how}" for name in names for how in ("read", "full"))


_DEALS, _CONTACTS, _PRODUCTS = _read("deals"), _read("contacts"), _read("products")
_ACTIVITIES, _LEADS, _PROJECTS = _read("activities"), _read("leads"), _read("projects")
_ADMIN = ("admin",)
_USERS = ("users:read",)

V1 = {
    "/users": _USERS,
    "/users/me": ("base",),
    "/users/{id}": _USERS,
    "/leads": _LEADS,
    "/leads/archived": _LEADS,
    "/leads/{id}": _LEADS,
    "/leadLabels": _LEADS,
    "/leadSources": _LEADS,
    "/leadFields": (*_LEADS, *_ADMIN),
    "/notes": (*_DEALS, *_CONTACTS),
    "/notes/{id}": (*_DEALS, *_CONTACTS),
    "/noteFields": (*_DEALS, *_CONTACTS),
    "/notes/{id}/comments": (*_DEALS, *_CONTACTS),
    "/filters": (*_DEALS, *_ACTIVITIES, *_CONTACTS),
    "/filters/{id}": (*_DEALS, *_ACTIVITIES, *_CONTACTS),
    "/files": (*_DEALS, *_ACTIVITIES, *_CONTACTS),
    "/activityTypes": (*_ACTIVITIES, *_ADMIN),
    "/activityFields": _ACTIVITIES,
    "/currencies": ("base",),
    "/deals/summary": _DEALS,
    "/legacyTeams": _USERS,
    "/roles": _ADMIN,
    "/permissionSets": _ADMIN,
    "/goals/find": _read("goals"),
    "/callLogs": ("phone-integration",),
    "/organizationRelationships": _CONTACTS,
    "/deals/{id}/participants": _DEALS,
    "/deals/{id}/changelog": ("recents:read",),
    "/persons/{id}/changelog": ("recents:read",),
    "/organizations/{id}/changelog": ("recents:read",),
    "/mailbox/mailThreads": _read("mail"),
    "/mailbox/mailThreads/{id}": _read("mail"),
    "/mailbox/mailThreads/{id}/mailMessages": _read("mail"),
    "/mailbox/mailMessages/{id}": _read("mail"),
}
V2 = {
    **dict.fromkeys(("/deals", "/deals/archived", "/deals/{id}", "/deals/installments"), _DEALS),
    **dict.fromkeys(("/deals/{id}/discounts", "/deals/{id}/followers"), _DEALS),
    "/deals/products": (*_PRODUCTS, *_DEALS),
    **dict.fromkeys(("/persons", "/persons/{id}", "/persons/{id}/followers"), _CONTACTS),
    **dict.fromkeys(("/organizations", "/organizations/{id}", "/organizations/{id}/followers"), _CONTACTS),
    **dict.fromkeys(("/activities", "/activities/{id}"), _ACTIVITIES),
    **dict.fromkeys(("/products", "/products/{id}", "/products/{id}/variations"), _PRODUCTS),
    "/products/{id}/followers": _PRODUCTS,
    **dict.fromkeys(("/pipelines", "/pipelines/{id}", "/stages", "/stages/{id}"), (*_DEALS, *_ADMIN)),
    **dict.fromkeys(("/dealFields", "/dealFields/{field_code}"), (*_DEALS, *_ADMIN, "deal-fields:full")),
    **dict.fromkeys(
        ("/personFields", "/personFields/{field_code}", "/organizationFields", "/organizationFields/{field_code}"),
        (*_CONTACTS, *_ADMIN, "contact-fields:full"),
    ),
    **dict.fromkeys(("/productFields", "/productFields/{field_code}"), (*_PRODUCTS, "product-fields:full")),
    **dict.fromkeys(("/activityFields", "/activityFields/{field_code}"), _ADMIN),
    **dict.fromkeys(("/projects", "/projects/archived", "/projects/{id}", "/projectTemplates"), _PROJECTS),
    **dict.fromkeys(("/projectTemplates/{id}", "/tasks", "/tasks/{id}", "/boards", "/phases"), _PROJECTS),
    **dict.fromkeys(("/projectFields", "/projectFields/{field_code}"), (*_PROJECTS, "project-fields:full")),
}
SCOPES = {"v1": V1, "v2": V2}


def allows(granted: tuple[str, ...], version: str, path: str) -> bool:
    """Whether an app with these scopes may call; what is not listed asks for none."""
    wanted = SCOPES[version].get(path, ())
    return not wanted or not set(wanted).isdisjoint(granted)


def allows_writing(granted: tuple[str, ...], path: str) -> bool:
    """What reads a list changes its records, unless it is for reading only."""
    of_list = f"/{path.split('/')[1]}"
    wanted = V2.get(of_list) or V1.get(of_list, ())
    return any(scope in granted for scope in wanted if not scope.endswith(":read"))
