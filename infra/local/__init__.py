"""The embedded stack: broker, S3, inbox, answer page and Airflow on loopback, all state under one home."""
