# A stand-in for the official image: its user, folders, entrypoint and init, with a small process in Airflow's place.
FROM fernit-test/base
RUN useradd --uid 50000 --gid 0 --home-dir /home/airflow --create-home airflow && \
    install -d -o airflow -g 0 -m 0775 /opt/airflow /opt/airflow/logs /opt/airflow/dags && ln -s python3 /usr/bin/python && chmod g=u /etc/passwd
COPY airflow /home/airflow/.local/bin/airflow
COPY airflow-entrypoint /entrypoint
RUN ln -s airflow /home/airflow/.local/bin/celery
ENV AIRFLOW_HOME=/opt/airflow PATH=/home/airflow/.local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# Its /entrypoint asks the database first; most tests have none.
ENV DUMB_INIT_SETSID=1 CONNECTION_CHECK_MAX_COUNT=0
WORKDIR /opt/airflow
EXPOSE 8080
USER 50000
ENTRYPOINT ["/usr/bin/dumb-init", "--", "/entrypoint"]
