"""The DAG of the tests: a task that says that it has begun, takes its time, and leaves a connection's password in a file.

It is a program that Airflow ends where it is told to (BashOperator.on_kill): a task in Python alone would go on.
"""
try:
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.sdk import DAG
except ImportError:  # before Airflow 3
    from airflow.models.dag import DAG
    from airflow.operators.bash import BashOperator

with DAG("work", schedule=None, catchup=False):
    BashOperator(
        task_id="leave",
        bash_command='touch "$PLACE.begun"; sleep "$SECONDS_TO_TAKE"; printf %s "$PASSWORD" >"$PLACE"',
        env={
            "PLACE": "{{ dag_run.conf['place'] }}",
            "SECONDS_TO_TAKE": "{{ dag_run.conf.get('seconds', 0) }}",
            "PASSWORD": "{{ conn.first.password }}",
        },
        append_env=True,
    )
