"""Who may see a page, and what a browser may do with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_wtf import CSRFProtect

from importers.bootstrap import session_key
from importers.config import Settings
from importers.model import Actor
from web import current, static_files

_OPEN_TO_ALL = frozenset(
    {
        "auth.welcome",
        "auth.sign_in",
        "auth.sign_out",
        "health.healthz",
        "oauth.callback",
        "oauth.uninstalled",
        "google.callback",
    }
)

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}

_PICKER = {
    "script-src": "https://apis.google.com",
    "frame-src": "https://docs.google.com https://drive.google.com https://accounts.google.com",
    "style-src": "'unsafe-inline'",
    "img-src": "https://*.googleusercontent.com",
    "font-src": "https://fonts.gstatic.com",
    "connect-src": "https://*.googleapis.com",
}
"""
What Google says that a page with its picker must allow (googleworkspace/drive-picker-element, examples/csp).
Its dialog brings style of its own, so `style-src` is wider there than anywhere else; scripts remain Google's and ours.
"""
_PICKER_HEADERS = {
    # Whoever is signed out at Google gets a window to sign in, which must be able to report back.
    "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
    # The API key is good on our address only, so Google must be told from which one it is asked.
    "Referrer-Policy": "strict-origin-when-cross-origin",
}

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_LARGEST_FORM = 1024 * 1024
_MOST_FIELDS = 5000


@dataclass(frozen=True)
class SignedIn(UserMixin):
    """A session that speaks for somebody."""

    actor: Actor

    def get_id(self) -> str:
        return f"{self.actor.user.id}.{self.actor.user.session_mark}"


def configuration(settings: Settings) -> dict[str, Any]:
    """Flask's settings, and those of its extensions."""
    return {
        "SECRET_KEY": session_key(settings).reveal(),
        "SESSION_COOKIE_NAME": "pipesheet",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": _is_https(settings),
        "PERMANENT_SESSION_LIFETIME": timedelta(days=14),
        "MAX_CONTENT_LENGTH": _LARGEST_FORM,
        "MAX_FORM_PARTS": _MOST_FIELDS,
        # A form may stay open as long as the session lasts.
        "WTF_CSRF_TIME_LIMIT": None,
        "RATELIMIT_STORAGE_URI": _limits_address(settings.redis_url),
        "RATELIMIT_STORAGE_OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},
        "RATELIMIT_HEADERS_ENABLED": True,
        # Without Redis people can still sign in, and guessing is still slowed down.
        "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,
    }


def register(app: Flask) -> None:
    CSRFProtect(app)
    limiter = Limiter(get_remote_address, app=app)
    app.extensions["pipesheet.limiter"] = limiter
    _add_login(app)
    app.before_request(_require_sign_in)
    app.after_request(_add_headers)


def begin_session(actor: Actor) -> None:
    """Sign *actor* in. What the browser brought along is thrown away first, so no session can be planted."""
    session.clear()
    session.permanent = True
    login_user(SignedIn(actor))


def end_session() -> None:
    """Sign out, here and everywhere: a copy of the cookie must be worth nothing any more."""
    if current_user.is_authenticated:
        current.services().people.end_sessions(current.actor())
    logout_user()
    session.clear()


def expect_trouble() -> None:
    """Ask no more who is signed in during this request: an error page must not need what just failed."""
    g.is_in_trouble = True


def safe_next(target: str | None) -> str:
    """*target* if it is a path on this site, else the home page."""
    home = url_for("home.index")
    if not target or not target.startswith("/") or target[1:2] in ("/", "\\"):
        return home
    if any(ord(character) < 32 or character == "\\" for character in target):
        return home
    parts = urlsplit(target)
    return home if parts.scheme or parts.netloc else target


def _add_login(app: Flask) -> None:
    manager = LoginManager(app)
    manager.session_protection = None  # an address may change on the way to work; the cookie is signed

    @manager.user_loader
    def load(name: str) -> SignedIn | None:
        user_id, _, mark = name.partition(".")
        if g.get("is_in_trouble") or not user_id.isdecimal():
            return None
        actor = current.services().people.actor(int(user_id))
        return SignedIn(actor) if actor and actor.user.session_mark == mark else None


def _require_sign_in() -> ResponseReturnValue | None:
    if static_files.is_static(request.endpoint) or request.endpoint in _OPEN_TO_ALL:
        return None
    if current_user.is_authenticated:
        return None
    if current.services().people.is_first_visit():
        return redirect(url_for("auth.welcome"))
    if request.method not in ("GET", "HEAD"):
        return redirect(url_for("auth.sign_in"))
    if _wants_a_piece():
        abort(401)
    return redirect(url_for("auth.sign_in", next=request.full_path.rstrip("?")))


def _wants_a_piece() -> bool:
    """A script asked for part of a page, where a sign-in form would be out of place."""
    return (
        "text/event-stream" in request.headers.get("Accept", "") or request.accept_mimetypes.best == "application/json"
    )


def let_pick_at_google(wanted: bool) -> None:
    """Let the page of this request hold Google's window for picking a spreadsheet, where *wanted*."""
    g.holds_picker = wanted


def _add_headers(response: Response) -> Response:
    holds_picker = g.get("holds_picker", False)
    policy = _policy(current.settings(), holds_picker=holds_picker)
    headers = _HEADERS | (_PICKER_HEADERS if holds_picker else {})
    for name, value in {"Content-Security-Policy": policy, **headers}.items():
        response.headers.setdefault(name, value)
    if not static_files.is_static(request.endpoint):
        response.headers["Cache-Control"] = "no-store"
    if _is_https(current.settings()) or request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


def _is_https(settings: Settings) -> bool:
    return settings.is_production or settings.public_url.startswith("https://")


def _policy(settings: Settings, *, holds_picker: bool) -> str:
    parts = {**_POLICY, "form-action": _form_targets(settings)}
    if holds_picker:
        for name, sources in _picker_sources(settings).items():
            parts[name] = f"{parts[name]} {sources}" if name in parts else sources
    return "; ".join(f"{name} {sources}" for name, sources in parts.items())


def _picker_sources(settings: Settings) -> dict[str, str]:
    """Those of Google, or the one address that stands for it in the sandbox, which needs less."""
    here = settings.reroutes.get("apis.google.com")
    return {"script-src": here, "frame-src": here} if here else _PICKER


def _form_targets(settings: Settings) -> str:
    """
    Where forms may lead: browsers hold this against every step on the way to
    a vendor's consent page, which may pass its own sign-in.
    """
    targets: list[str] = []
    for client_id, host in (
        (settings.pipedrive_client_id, "*.pipedrive.com"),
        (settings.google_client_id, "accounts.google.com"),
    ):
        if client_id:
            targets += [f"https://{host}", *filter(None, [settings.reroutes.get(host)])]
    return " ".join(("'self'", *dict.fromkeys(targets)))


def _limits_address(redis_url: str) -> str:
    """`limits` writes a socket's address its own way."""
    if redis_url.startswith("unix://"):
        return "redis+" + redis_url
    return redis_url or "memory://"
