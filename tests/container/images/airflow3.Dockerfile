# Airflow 3 for real, laid out as in its official image: Debian's Python, and the packages of the cached environment, which each
# container mounts at /home/airflow/.local/lib.
FROM apache/airflow:2.10.5
ARG AIRFLOW_VERSION
USER root
RUN python3 -m venv --without-pip /home/airflow/.local && rm -r /home/airflow/.local/lib/* /home/airflow/.local/bin/airflow /home/airflow/.local/bin/celery && \
    for name in airflow celery; do \
        printf '#!/home/airflow/.local/bin/python\nimport sys\nfrom %s.__main__ import main\nsys.exit(main())\n' "$name" >/home/airflow/.local/bin/$name && \
        chmod 0755 /home/airflow/.local/bin/$name; \
    done
ENV AIRFLOW_VERSION=${AIRFLOW_VERSION} CONNECTION_CHECK_MAX_COUNT=20
USER 50000
