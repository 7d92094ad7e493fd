"""The domain: check-ins, prompts, metrics, publishing. Imported as ``careloop``, never ``dags.careloop``."""
