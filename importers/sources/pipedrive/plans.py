"""What Pipedrive's plans allow, as it documents them: by the day for a company, in two seconds for one token."""

from __future__ import annotations

from importers.model import PlanInfo

PLANS = (
    PlanInfo("lite", "Lite (once Essential)", 30_000, 20, 80),
    PlanInfo("growth", "Growth (once Advanced)", 60_000, 40, 160),
    PlanInfo("professional", "Professional", 90_000, None, None),
    PlanInfo("premium", "Premium (once Power)", 150_000, 100, 400),
    PlanInfo("ultimate", "Ultimate (once Enterprise)", 210_000, 120, 480),
)
"""
The old names have the multipliers of the new ones; the burst limit of
Professional, which has no successor of its own, is documented nowhere.
"""
