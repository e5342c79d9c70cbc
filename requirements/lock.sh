#!/bin/sh
# Writes the lock files: exact versions with hashes, for every platform and Python that the project supports.
# uv.lock proper names a package index by address in every line; these files leave the index to the machine that installs.
set -eu
uv="$1"
cd "$(dirname "$0")/.."
compile() {
    out="requirements/$1.lock"
    shift
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
        --custom-compile-command "make lock" --output-file "$out" "$@"
}
compile all pyproject.toml --extra training --extra transformer --extra mlflow --extra azure --extra live --extra msk --extra demo --group dev --group bench ${UPGRADE:+--upgrade}
compile runtime pyproject.toml --constraint requirements/all.lock
compile demo pyproject.toml --extra demo --constraint requirements/all.lock
compile live pyproject.toml --extra live --constraint requirements/all.lock
compile gpu pyproject.toml --extra gpu --constraint requirements/all.lock
echo "uv>=0.9" | compile bootstrap -
