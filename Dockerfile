# xai-cam for machines without a GPU, with OpenVINO and what evaluation and HTML pages need.
#
#   docker build -t xai-cam .
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/work" xai-cam explain -m model.keras photos/
#
# The current folder is /work inside; paths are given from there on. The network is needed for the build alone.

FROM debian:trixie-slim AS build
RUN apt-get update && apt-get install --yes --no-install-recommends python3-venv
RUN python3 -m venv /opt/xai-cam
WORKDIR /source
COPY . .
RUN /opt/xai-cam/bin/pip install --no-cache-dir '.[fast,evaluate,report]'

FROM debian:trixie-slim
RUN apt-get update && apt-get install --yes --no-install-recommends python3 && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/xai-cam /opt/xai-cam
# Any user may run it, also one without a home: what is cached lies in /tmp, and goes with the container.
ENV PATH=/opt/xai-cam/bin:$PATH HOME=/tmp
WORKDIR /work
ENTRYPOINT ["xai-cam"]
CMD ["--help"]
