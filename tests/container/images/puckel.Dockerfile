# A stand-in for the classic puckel/docker-airflow: its user, its folders, its airflow.cfg and its entrypoint.
FROM fernit-test/base
RUN useradd --uid 1000 --home-dir /usr/local/airflow --create-home airflow
COPY airflow /usr/local/bin/airflow
COPY puckel-entrypoint /entrypoint.sh
COPY puckel.cfg /usr/local/airflow/airflow.cfg
RUN install -d /usr/local/airflow/dags && chown -R airflow: /usr/local/airflow && ln -s python3 /usr/bin/python
ENV AIRFLOW_HOME=/usr/local/airflow AIRFLOW_USER_HOME=/usr/local/airflow
EXPOSE 8080 5555 8793
USER airflow
WORKDIR /usr/local/airflow
ENTRYPOINT ["/entrypoint.sh"]
CMD ["webserver"]
