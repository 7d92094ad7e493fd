"""Landing → history: deduplicated, pseudonymous, redacted, scored. See `careloop.curate.run`."""

from careloop.curate.manifest import Counts, HistoryFile, HistoryManifest, load
from careloop.curate.pseudonyms import Pseudonyms
from careloop.curate.run import curate

__all__ = ["Counts", "HistoryFile", "HistoryManifest", "Pseudonyms", "curate", "load"]
