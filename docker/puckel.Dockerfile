# fernit in front of the classic image, puckel/docker-airflow, and of those built on it.
#
#   docker build -f docker/Dockerfile -t fernit .
#   docker build -f docker/puckel.Dockerfile -t puckel-with-fernit .
#   docker run -v fernit:/var/lib/fernit puckel-with-fernit
ARG FERNIT=fernit
ARG AIRFLOW=puckel/docker-airflow:1.10.9
FROM ${FERNIT} AS fernit

FROM ${AIRFLOW}
COPY --from=fernit /fernit /usr/local/bin/fernit
USER root
# The store. A new named volume takes over owner and mode. No VOLUME on purpose: see airflow.Dockerfile.
# The image's airflow.cfg has a secret_key that everybody knows: without its line fernit makes one. It will hold what fernit
# keeps secret, so that not everybody is to read it.
RUN install -d -o airflow -g airflow -m 0700 /var/lib/fernit && \
    sed -i '/^secret_key = temporary_key$/d' "$AIRFLOW_HOME/airflow.cfg" && chmod o-r "$AIRFLOW_HOME/airflow.cfg"
USER airflow
# The entrypoint makes a fresh key at each start, but only where its environment has none; by airflow.cfg alone the fresh key would
# win: so --deliver stands here, where no FERNIT_DELIVER=cfg can change it.
# The image has no init: bash is process 1, and then what it has become, which reaps nothing, and the scheduler that the entrypoint
# starts beside the webserver hears no signal. With --init fernit reaps and tells both; --grace leaves the scheduler time to end
# when the webserver has ended.
ENTRYPOINT ["fernit", "run", "--init", "--grace", "5s", "--deliver", "env,cfg", "--", "/entrypoint.sh"]
# ENTRYPOINT resets CMD.
CMD ["webserver"]
