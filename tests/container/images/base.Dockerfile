# What the stand-ins have in common: one layer, so that apt is asked once.
FROM debian:bookworm-slim
RUN apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
        python3 python3-cryptography python3-psycopg2 postgresql redis-server dumb-init tini netcat-openbsd procps curl && \
    apt-get clean && rm -rf /var/lib/apt/lists/*
