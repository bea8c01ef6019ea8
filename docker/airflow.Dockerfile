# fernit in front of the official Airflow image.
#
#   docker build -f docker/Dockerfile -t fernit .
#   docker build -f docker/airflow.Dockerfile -t airflow-with-fernit .
#   docker run -v fernit:/var/lib/fernit airflow-with-fernit airflow standalone
ARG FERNIT=fernit
ARG AIRFLOW=apache/airflow:2.10.5
FROM ${FERNIT} AS fernit

FROM ${AIRFLOW}
COPY --from=fernit /fernit /usr/local/bin/fernit
# The store. Airflow runs as uid 50000, or as any uid, but always with group 0; a new named volume takes over owner and mode.
# No VOLUME on purpose: without -v it would be anonymous, and a key that seems to be kept would be lost with the container.
# Where containers of one store run as different uids, all with group 0: ENV FERNIT_STORE_MODE=0660.
USER root
RUN install -d -o 50000 -g 0 -m 2770 /var/lib/fernit
USER 50000
# What the image started with, behind fernit. ENTRYPOINT resets CMD: the official image has none, but if yours has one, repeat
# it below this line.
# fernit is process 1, in dumb-init's place; workers get their TERM alone, without DUMB_INIT_SETSID=0.
ENTRYPOINT ["fernit", "run", "--init", "--", "/entrypoint"]
