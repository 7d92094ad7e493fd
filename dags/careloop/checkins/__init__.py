"""Check-ins: who is asked, when, with which words, and who is not, and why.

`rules` decides and knows no database, network or clock; `plan` reads landing into the ledger; `send`
claims, sends and records; `message` writes the words; `preview` shows what would happen.
"""
