"""The ledger: one SQL database that remembers what each client wished and has been asked.

A projection: drop it and it can be filled again from landing. Here is only how it is reached and
what its tables are; what may be asked when is decided in `careloop.checkins`.
"""
