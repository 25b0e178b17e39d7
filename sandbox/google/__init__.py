"""
A pretend Google: Sheets, Drive and signing in, for tests and first steps without an account.

Written from Google's documentation, its discovery documents and recorded
answers, never from our client: it imports nothing of the product. It listens
on loopback only.
"""
