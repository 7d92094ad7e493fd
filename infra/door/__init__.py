"""The answer page: where a client answers a check-in, says no, or asks us to stop.

Everything it knows of a client comes from the encrypted link (`infra.links`); it looks nothing up and
keeps nothing. What a client says goes to Kafka and nowhere else. `answers` is what a form means,
`outbox` delivers it, `limits` says who may ask how often, `pages` what is shown, `app` puts them
together. Run as ``python -m infra.door``.
"""
