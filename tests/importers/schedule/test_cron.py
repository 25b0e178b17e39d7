"""What is said of cron expressions."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

import pytest
from cronsim import CronSim

from importers.errors import InvalidSettings
from importers.schedule.cron import check_cron, cron_in_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0 9 13 * FRI", "At 09:00 on the 13th day of month or on Friday"),
        ("0 9 1,15 * 1-5", "At 09:00 on the first and the 15th day of month or on Monday through Friday"),
        ("0 9 1 3 FRI", "At 09:00 on the first day of month or on Friday in March"),
        ("0 9 13 * 5L", "At 09:00 on the 13th day of month or on the last Friday of the month"),
        ("0 9 13 * */2", "At 09:00 on the 13th day of month if it's on every second day of week"),
        ("0 9 1-31 * FRI", "At 09:00 every day"),
        ("0 9 * * MON,FRI", "At 09:00 on Monday and Friday"),
        ("nonsense", "nonsense"),
    ],
)
def test_it_is_said_whether_either_day_will_do_or_both_must_fit(text: str, words: str):
    assert cron_in_words(text) == words


@pytest.mark.parametrize(
    ("text", "told", "what_to_do"),
    [
        ("0 0 30 2 *", "is never due: the day it names does not exist", "Choose a day that exists"),
        ("0 9 31 4,6 *", "is never due", "Choose a day that exists"),
        ("0 9 * * MON-SUN", "its day of the week “MON-SUN” cannot be read", "Type “*”"),
        ("0 9 * * fri-mon", "its day of the week “FRI-MON” cannot be read", "Type “FRI-SAT,SUN-MON”"),
        ("0 9 * * 1-0", "“1-0”", "Type “*”"),
        ("0 22-2 * * *", "its hour “22-2” cannot be read", "Type “22-23,0-2”"),
        ("0 8,23-1 * * *", "its hour “23-1” cannot be read", "Type “23,0-1”"),
        ("0 9 * NOV-FEB *", "its month “NOV-FEB” cannot be read", "Type “NOV-DEC,JAN-FEB”"),
        ("0 9 ? * 1", "its day of the month “?” cannot be read", "Type “*” for any"),
        ("0 9 1W * *", "its day of the month “1W” cannot be read", "“LW” for the last working day"),
        ("61 * * * *", "its minute “61” cannot be read", "Type 0 to 59"),
        ("0 9 * FOO *", "its month “FOO” cannot be read", "Type 1 to 12, or JAN to DEC"),
        ("0 9 * * 1-9", "its day of the week “1-9” cannot be read", "Type 0 to 6, or SUN to SAT"),
        ("@daily", "'@daily' are not understood", "Type “0 0 * * *”"),
        ("@Hourly", "not understood", "Type “0 * * * *”"),
        ("hello", "has 1 part, not five", "It has five parts"),
        ("* *", "has 2 parts, not five", "It has five parts"),
        ("", "is empty", "It has five parts"),
    ],
)
def test_it_is_said_what_is_not_understood_and_how_to_write_it(text: str, told: str, what_to_do: str):
    with pytest.raises(InvalidSettings) as refused:
        check_cron(text)
    assert told in refused.value.message
    assert what_to_do in refused.value.hint
    assert refused.value.facts["field"] == "cron"


def test_how_to_write_it_is_understood_and_means_the_range_that_was_typed():
    check_cron("0 22-23,0-2 * * *")
    moments = CronSim("0 22-23,0-2 * * *", datetime(2024, 1, 1, 12))
    assert [moment.hour for moment in islice(moments, 5)] == [22, 23, 0, 1, 2]
    for text in ("0 9 * * FRI-SAT,SUN-MON", "0 9 * NOV-DEC,JAN-FEB *", "0 9 LW * *"):
        check_cron(text)
