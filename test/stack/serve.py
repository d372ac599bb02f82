"""Run an MLflow server for as long as the process that started this one lives.

    python serve.py DIR PORT WORKERS [--remove] [-- OPTION...]

What follows "--" goes to `mlflow server`, after the options that are set here.

DIR holds mlflow.db and mlartifacts. The starter keeps a pipe to our standard
input open and never writes: the kernel closes it however the starter ends, even
killed. Then the server stops and, with --remove, DIR goes away.
"""

import os
import select
import shutil
import signal
import subprocess
import sys


def stop(server: subprocess.Popen) -> None:
    """Ends the server and its workers, which form a process group."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(server.pid, number)
            server.wait(timeout=10)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def main() -> None:
    home, port, workers, *options = sys.argv[1:]
    extra = []
    if "--" in options:
        at = options.index("--")
        options, extra = options[:at], options[at + 1:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server = subprocess.Popen(
        [sys.executable, "-m", "mlflow", "server",
         "--host", "127.0.0.1", "--port", port, "--workers", workers,
         "--backend-store-uri", "sqlite:///mlflow.db",
         "--artifacts-destination", "./mlartifacts", *extra],
        cwd=home, stdin=subprocess.DEVNULL, start_new_session=True)
    # Control-C reaches the whole terminal; the starter decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        while server.poll() is None:
            if select.select([sys.stdin], [], [], 0.2)[0]:
                return
        sys.exit(f"serve: the server ended by itself, status {server.returncode}")
    finally:
        stop(server)
        if "--remove" in options:
            shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
