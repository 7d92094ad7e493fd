"""What must be true of ``volumes``: tickets, resolutions and reopens of each helpdesk."""

from expectations.rule import Given, Rule, at_least
from expectations.shapes.bounds import freshness, reconciled, volume
from expectations.shapes.contract import contract, no_personal_data, periods
from expectations.shapes.figures import counts, small_groups

TOTAL = "resolutions"


def suite(given: Given) -> list[Rule]:
    return [
        *contract(given),
        *periods(),
        *small_groups(given),
        *counts("tickets", "resolutions", "reopens"),
        at_least(
            "tickets-at-least-clients",
            "There are at least as many tickets as clients; a ticket that changed hands is worth a look.",
            greater="tickets",
            lesser="clients",
            severity="warning",
        ),
        *volume(given, TOTAL),
        *freshness(),
        *reconciled(partition=TOTAL),
        *no_personal_data(given),
    ]
