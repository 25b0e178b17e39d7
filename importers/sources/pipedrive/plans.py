"""What Pipedrive's plans allow, as it documents them: by the day for a company, in two seconds for one token."""

from __future__ import annotations

from importers.model import PlanInfo

_BASE = 30_000

PLANS = (
    PlanInfo("lite", "Lite (once Essential)", _BASE, 20),
    PlanInfo("growth", "Growth (once Advanced)", 2 * _BASE, 40),
    PlanInfo("professional", "Professional", 3 * _BASE, None),
    PlanInfo("premium", "Premium (once Power)", 5 * _BASE, 100),
    PlanInfo("ultimate", "Ultimate (once Enterprise)", 7 * _BASE, 120),
)
"""
The old names have the multipliers of the new ones; the burst limit of
Professional, which has no successor of its own, is documented nowhere.
"""
