#!/bin/sh
# Replaces the API containers one after the other while requests go on:
#   deploy/compose/rolling-restart.sh        with the image and settings of now
# A new one is started and healthy before an old one is told to stop, and that one ends when its
# requests are answered. COMPOSE and DOCKER name other commands, for example COMPOSE=docker-compose.
set -eu
cd "$(dirname "$0")/../.."
docker=${DOCKER:-docker}
compose=${COMPOSE:-$docker compose}
seconds=${WAIT_SECONDS:-120}

ids() { $compose ps -q api; }

healthy() {
  [ "$($docker inspect --format '{{.State.Health.Status}}' "$1" 2>/dev/null)" = healthy ]
}

old=$(ids)
[ -n "$old" ] || { echo "no API container runs: $compose up -d" >&2; exit 1; }
count=$(echo "$old" | wc -l)

for id in $old; do
  before=$(ids)
  $compose up -d --no-deps --no-recreate --scale "api=$((count + 1))" api >/dev/null 2>&1 ||
    { echo "no new API container could be started" >&2; exit 1; }
  fresh=$(ids | grep -v -x -F "$before" || true)
  [ -n "$fresh" ] || { echo "no new API container appeared" >&2; exit 1; }
  waited=0
  until healthy "$fresh"; do
    if [ "$waited" -ge "$seconds" ]; then
      echo "the new API container is not healthy after $seconds s; the old ones stay:" >&2
      $docker logs --tail 20 "$fresh" >&2
      $docker rm -f "$fresh" >/dev/null
      exit 1
    fi
    waited=$((waited + 1))
    sleep 1
  done
  $docker stop --time 45 "$id" >/dev/null
  $docker rm "$id" >/dev/null
  echo "$(echo "$id" | cut -c 1-12) replaced by $(echo "$fresh" | cut -c 1-12)"
done
