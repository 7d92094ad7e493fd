"""Helpdesks: a file somebody exported, and a mapping that says what its columns mean, as events.

`mapping` is the language of mapping files and `mapping_file` reads one, `rows` reads exports,
`audit_log` and `opted_out` turn rows into events without any I/O, `importing` puts them together for
``careloop import``.
"""
