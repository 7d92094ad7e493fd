"""What the gate says: a finding per expectation, and one verdict over all of them. Pure; no I/O."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["critical", "warning"]


@dataclass(frozen=True)
class Finding:
    """One expectation of one dataset, met or not."""

    dataset: str
    expectation: str
    """stable name, unique in its dataset, such as ``key-is-unique``"""
    says: str
    """the expectation in plain words"""
    severity: Severity
    kind: str
    """the Great Expectations type that checked it"""
    met: bool
    failed: int = 0
    """how many rows did not meet it; 0 for what is not about rows"""
    rows: tuple[Mapping[str, str], ...] = ()
    """a sample of those rows: keys and checked values, without personal data or small groups"""
    about: str = "rows"
    """what ``rows`` shows: rows of the dataset, columns of it, or measures of the whole"""
    detail: str = ""
    """what was seen, for what is not about rows"""


@dataclass(frozen=True)
class Verdict:
    """All findings of one version."""

    findings: tuple[Finding, ...]

    @property
    def failures(self) -> tuple[Finding, ...]:
        """Unmet expectations, the critical ones first."""
        unmet = [finding for finding in self.findings if not finding.met]
        return tuple(sorted(unmet, key=lambda finding: finding.severity != "critical"))

    @property
    def highest(self) -> Severity | None:
        """The highest severity that failed; None where all is met."""
        return self.failures[0].severity if self.failures else None

    @property
    def held(self) -> bool:
        return self.highest == "critical"

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.failures if finding.severity == "warning")

    @property
    def sentence(self) -> str:
        """The verdict in one sentence."""
        critical = [finding for finding in self.failures if finding.severity == "critical"]
        if critical:
            names = sorted({finding.dataset for finding in critical})
            return (
                f"Held: {_counted(len(critical), 'critical expectation')} of {len(self.findings)} "
                f"not met, in {_listed(names)}; the last good version stays."
            )
        if self.failures:
            return (
                f"Passed, with {_counted(len(self.failures), 'warning')} to look at; all "
                f"{len(self.findings) - len(self.failures)} other expectations are met."
            )
        return f"Passed: all {len(self.findings)} expectations are met."

    def as_dict(self) -> dict[str, Any]:
        return {
            "held": self.held,
            "highest": self.highest,
            "sentence": self.sentence,
            "findings": [asdict(finding) for finding in self.findings],
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Verdict":
        return cls(tuple(Finding(**{**each, "rows": tuple(each["rows"])}) for each in document["findings"]))


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
