# openslots: one image for the API, the worker, migrations and admin commands.
# Only what Docker 20.10 knows, with or without BuildKit; the base has Debian's own Python 3.11.

FROM debian:bookworm-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
RUN apt-get update \
 && apt-get install -y --no-install-recommends binutils ca-certificates python3 python3-venv \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY pyproject.toml requirements.lock deploy/lock_part.py ./
RUN python3 lock_part.py openslots otel > run.lock \
 && python3 lock_part.py hatchling > build.lock \
 && python3 -m venv /opt/build \
 && /opt/build/bin/pip install --require-hashes --only-binary :all: -r build.lock \
 && python3 -m venv --without-pip /opt/openslots \
 && /opt/build/bin/pip --python /opt/openslots/bin/python install \
      --require-hashes --only-binary :all: -r run.lock \
 # a fifth of it serves nobody: symbols for debuggers, tests, source maps
 && find /opt/openslots -name '*.so' -exec strip --strip-unneeded {} + \
 && find /opt/openslots -path '*/site-packages/*/tests' -prune -exec rm -r {} + \
 && find /opt/openslots -name '*.map' -delete
COPY README.md LICENSE ./
COPY src src
COPY migrations migrations
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir dist . \
 && /opt/build/bin/pip --python /opt/openslots/bin/python install --no-deps --no-index dist/*.whl \
 && /opt/openslots/bin/python -m compileall -q /opt/openslots/lib/python3.11/site-packages/openslots \
 && /opt/openslots/bin/openslots openapi > /dev/null

FROM debian:bookworm-slim
LABEL org.opencontainers.image.title="openslots" \
      org.opencontainers.image.description="A self-hostable scheduling server" \
      org.opencontainers.image.licenses="MIT"
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates python3 \
 && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/* \
 && groupadd --gid 10001 openslots \
 && useradd --uid 10001 --gid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin openslots \
 && install -d -o 10001 -g 10001 -m 0700 /data \
 && install -d -o 10001 -g 10001 -m 0750 /run/openslots
COPY --from=build /opt/openslots /opt/openslots
ENV PATH=/opt/openslots/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    OPENSLOTS_DATA_DIR=/data
USER 10001:10001
WORKDIR /data
EXPOSE 3000
STOPSIGNAL SIGTERM
# The API's; a worker is checked with `openslots health --alive FILE`, see docker-compose.yml.
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s --retries=3 CMD ["openslots", "health"]
CMD ["openslots", "serve", "--host", "0.0.0.0"]
