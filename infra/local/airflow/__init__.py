"""The embedded Airflow: our own launcher on loopback. Never ``airflow standalone``, which binds every
interface and leaves its children behind."""
