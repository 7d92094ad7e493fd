"""What must be true of a version before product teams may see it: a suite per dataset, and the gate.

Suites are code (Great Expectations). They look, they never mend: a wrong table is held, not repaired.
Called by ``careloop.publish``; imports only schemas and infra.
"""
