"""
The whole system as processes, parts of which are killed, frozen and cut off while importers of every mode run.

`story.py` is the order of events. `parts.py` holds the processes and starts
again what died, `wires.py` the network to the vendors, `receivers.py` those who
get the notices. `company.py` is what the source has, and ever had; `importers.py`
who reads it and where to; `visitor.py` looks at what they wrote. `disasters.py`
says what happens when, by chance from a seed, `hours.py` lets time pass.
`expectations.py`, `ledger.py` and `notices.py` say what must hold afterwards.
"""
