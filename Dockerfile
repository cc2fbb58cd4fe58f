# Programs, libraries by their hashes, manual and completion in /opt/netwar, as  make install  puts them. docs/installing.md says how to
# use it. No key, and no configuration, is in the image.
#
#   docker build --tag netwar .
#   docker run --rm netwar tw-help

ARG PYTHON=3.13.7-slim-trixie

FROM python:${PYTHON} AS built
WORKDIR /src
COPY requirements.txt installing/install.sh ./
# By themselves, so that they are fetched only when requirements.txt has changed.
RUN PYTHON=python3 sh install.sh libraries /opt/netwar
COPY README.md ./
COPY installing installing
COPY netwar netwar
COPY bin bin
RUN PYTHON=python3 sh installing/install.sh install /opt/netwar

FROM python:${PYTHON}
LABEL org.opencontainers.image.title="netwar" org.opencontainers.image.licenses="MIT"
# A number that files on the host can be given to: those with keys must be this user's alone.
RUN useradd --uid 10001 --home-dir /var/lib/netwar --create-home --shell /usr/sbin/nologin netwar
COPY --from=built /opt/netwar /opt/netwar
COPY conf/docker/keep.sh /opt/netwar/bin/keep
# What is too large for memory is sorted in the volume, not in the container's own layer.
ENV PATH=/opt/netwar/bin:$PATH \
    HOME=/var/lib/netwar \
    TMPDIR=/var/lib/netwar \
    NETWAR_CONF=/run/secrets/twitter
USER 10001:10001
WORKDIR /var/lib/netwar
VOLUME /var/lib/netwar
# 1 if anything of the recorder is wrong. Without -q: what it says belongs to this check, and nobody's mail for the day is used up.
HEALTHCHECK --interval=5m --timeout=1m --start-period=2m CMD ["tw-status"]
CMD ["tw-help"]
