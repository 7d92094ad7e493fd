"""The sample: a helpdesk that never was, so that careloop can be seen working on the first day.

Everything up to `player` is a pure function of a seed and an anchor (the moment the sample was first
played): `weeks` the calendar, `people`, `tickets`, `asks`, `replies`, `noise`, put together by
`history`; `now` makes the tickets that are resolved at the present. `player` sends it all to Kafka and
writes nothing past it, `clients` answer real check-ins through the real answer page, `policy` is the
sample organisation's. No other part of careloop knows that the sample exists.
"""
