"""How Airflow's processes share one SQLite file: whoever finds it locked waits, instead of failing after 5 s.

Airflow imports these by name (``sql_alchemy_connect_args``).
"""

CONNECT_ARGS = {"timeout": 60}
"""seconds, for the sqlite3 driver"""
