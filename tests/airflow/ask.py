"""Puts several questions to the Airflow of an environment in one process, since importing it takes seconds.

    fernit run -- ENVIRONMENT/bin/python tests/airflow/ask.py '[["connections", "list"], ["saved"]]'

A question is the words of a command of Airflow's own command line; its answer is what that printed. ["saved"] is answered
with {"connections": {id: [password, extra]}, "variables": {key: value}} as Airflow reads them, or {"error": its name}.
All answers are one JSON list, on the last line.
"""
import contextlib
import io
import json
import sys

from airflow.cli import cli_parser
from airflow.models import Connection, Variable
from airflow.utils.session import create_session


def saved():
    try:
        with create_session() as session:
            return {
                "connections": {row.conn_id: [row.password, row.extra] for row in session.query(Connection)},
                "variables": {row.key: row.val for row in session.query(Variable)},
            }
    except Exception as error:  # pylint: disable=broad-exception-caught
        return {"error": type(error).__name__}


def command(words):
    arguments = cli_parser.get_parser().parse_args(words)
    with contextlib.redirect_stdout(io.StringIO()) as output:
        arguments.func(arguments)
    return output.getvalue()


if __name__ == "__main__":
    print(json.dumps([saved() if words == ["saved"] else command(words) for words in json.loads(sys.argv[1])]))
