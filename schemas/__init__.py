"""The contracts: events, topics, object keys, tables, policy, errors. Pure: never any I/O.

Everyone imports this room; it imports nothing of ours.
"""
