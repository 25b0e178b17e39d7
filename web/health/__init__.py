"""Is it up?"""

from web.health.views import register

__all__ = ["register"]
