# The book and everything it runs on, built and checked exactly as on a reader's machine.
#
#   docker build -t attention-scratch .
#   docker run --rm -p 127.0.0.1:8888:8888 attention-scratch     JupyterLab; the log prints its address
#
# Build arguments
#   BASE_IMAGE           any Debian 12 or newer with Python 3.11 or newer
#   PIP_EXTRA_INDEX_URL  one more package index; PyTorch's CPU wheel index keeps CUDA out of the image
#   EXTRAS               extras of pyproject.toml beyond the lock, e.g. EXTRAS=gpu
#   READER_ID            user and group number of the reader, so that a mounted tree stays yours

ARG BASE_IMAGE=python:3.11-slim-bookworm
FROM ${BASE_IMAGE}

RUN apt-get update \
 && apt-get install -y --no-install-recommends g++ git make \
 && { python3 -c 'import ensurepip, venv' || apt-get install -y --no-install-recommends python3-venv; } \
 && rm -rf /var/lib/apt/lists/*

ARG READER_ID=1000
RUN groupadd --gid "$READER_ID" reader \
 && useradd --uid "$READER_ID" --gid reader --create-home --shell /bin/bash reader \
 && install -d -o reader -g reader /attention-scratch
USER reader
WORKDIR /attention-scratch

# The lock first: this layer is rebuilt when the packages change, not when the book does.
ARG PIP_EXTRA_INDEX_URL=
COPY --chown=reader:reader LICENSE Makefile pyproject.toml requirements.txt ./
COPY --chown=reader:reader attention_scratch/__init__.py attention_scratch/
RUN touch README.md && make venv PIP_ARGS=--no-cache-dir

ARG EXTRAS=
RUN if [ -n "$EXTRAS" ]; then .venv/bin/python -m pip install --no-cache-dir --editable ".[$EXTRAS]"; fi

COPY --chown=reader:reader . .
RUN make check && mkdir -p _build

EXPOSE 8888
CMD ["make", "lab", "LAB_ARGS=--ip=0.0.0.0 --port=8888 --no-browser"]
