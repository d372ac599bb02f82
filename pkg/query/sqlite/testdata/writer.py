"""A program that writes to a database in use.

    python writer.py DATABASE MODE

Executes each line of standard input as SQL (or Python after a "!") and answers with
a line. MODE is the journal mode; "" leaves it.
"""

import os
import sqlite3
import sys

connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=20)
if sys.argv[2]:
    connection.execute(f"PRAGMA journal_mode = {sys.argv[2]}").fetchall()
for line in sys.stdin:
    if line.startswith("!"):
        os._exit(0)  # as if killed: nothing is tidied up
    try:
        connection.execute(line).fetchall()
        print("done", flush=True)
    except sqlite3.Error as e:
        print(e, flush=True)
