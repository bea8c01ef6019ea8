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
# The store. A new named volume takes over owner and mode. No VOLUME on purpose: see airflow.Dockerfile.
USER root
RUN install -d -o airflow -g airflow -m 0700 /var/lib/fernit
USER airflow
# The entrypoint makes a fresh key at each start, but only where its environment has none: so --deliver stands here, where no
# FERNIT_DELIVER=cfg can change it. It had no init: fernit is one.
ENTRYPOINT ["fernit", "run", "--init", "--deliver", "env,cfg", "--", "/entrypoint.sh"]
CMD ["webserver"]
