"""Kafka to landing: the collector. One verb per file; every offset ends up in exactly one range.

================  ==========================================================================
module            what
================  ==========================================================================
``collect``       the loop: poll, decode, close ranges, land them, commit the hint
``source``        Kafka as the collector reads it
``holdings``      the partitions that are ours: taken, read, landed, given up
``partition``     one partition: takes records, closes ranges, never repeats one
``decode``        one Kafka record becomes a row of landing or a dead letter
``batch``         holds an open range and says when, and why, to close it
``land``          creates a range's object once, dead letters first; tells who won
``chain``         finds where a partition's chain ends, and that it is still the same topic
``dead_letters``  writes dead letters, and stops when there are too many
``replay``        lists dead letters, and sends them again, once
``generations``   starts a topic's chain again, on a person's word
``verify``        proves that landing has no gap and no overlap
``outcomes``      Kafka's errors: a setting to mend, wrong for now, or we are wrong
``backoff``       how long to wait for what does not answer
``tally``         counts what was done
================  ==========================================================================

Never imports ``dags``: what comes after landing meets it in S3. See ``docs/checkpointing.md``.
"""
