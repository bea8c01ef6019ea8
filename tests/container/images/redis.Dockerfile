# A stand-in for redis:7: Debian's own.
FROM fernit-test/base
RUN install -d -o redis -g redis /data
WORKDIR /data
USER redis
EXPOSE 6379
ENTRYPOINT ["/usr/bin/tini", "--"]
CMD ["redis-server", "--bind", "0.0.0.0", "--protected-mode", "no", "--save", ""]
