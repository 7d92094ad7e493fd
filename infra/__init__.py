"""How careloop reaches the outside: settings, and one adapter per thing (Kafka, S3, SQL, mail, HTTP)."""
