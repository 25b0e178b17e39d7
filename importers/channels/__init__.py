"""
How letters leave: by e-mail, to Slack, to an address of one's own.

    outside    one request to an address that somebody typed, and to nowhere else
    addresses  which of them are of the internet, and which of this machine or its network
    wording    a letter as plain text
    email, slack, webhook    the kinds, each a `Carrier`
"""
