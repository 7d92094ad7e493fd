"""The Kafka topics and how a message gets its key."""

from enum import StrEnum


class Topic(StrEnum):
    """All topics of the contract. The key is the client id (outages: the outage id)."""

    RESOLUTIONS = "careloop.resolutions"
    PULSE_RESPONSES = "careloop.pulse-responses"
    PREFERENCES = "careloop.preferences"
    CHECKINS = "careloop.checkins"
    FOLLOW_UPS = "careloop.follow-ups"
    RISKS = "careloop.risks"
    PROMPTS = "careloop.prompts"
