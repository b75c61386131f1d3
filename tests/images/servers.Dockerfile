# Stand-ins for the images postgres and redis of docker-compose.yml, for a machine that reaches Debian's
# mirror but no image registry. They take the same environment, command and volumes.
FROM debian:13-slim AS postgres
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-17 \
	&& apt-get clean && rm -rf /var/lib/apt/lists/* /var/lib/postgresql/17 \
	&& install -d -m 0700 -o postgres -g postgres /var/lib/postgresql/data
ENV PATH=/usr/lib/postgresql/17/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
	PGDATA=/var/lib/postgresql/data
COPY postgres.bash /usr/local/bin/postgres.bash
VOLUME /var/lib/postgresql/data
USER postgres
ENTRYPOINT ["bash", "/usr/local/bin/postgres.bash"]
CMD ["postgres"]

FROM debian:13-slim AS redis
RUN apt-get update && apt-get install -y --no-install-recommends redis-server \
	&& apt-get clean && rm -rf /var/lib/apt/lists/* \
	&& install -d -o redis -g redis /data
VOLUME /data
WORKDIR /data
USER redis
CMD ["redis-server"]
