#!/bin/sh
# Run once per start by the container elasticsearch-setup, before anything is written. Every step may be repeated.
set -eu
elasticsearch=http://elasticsearch:9200
stream=glasshouse-logs-default
cd "$(dirname "$0")"

put() {
  echo "PUT $1"
  curl --silent --show-error --fail-with-body --request PUT "$elasticsearch/$1" \
    --header 'content-type: application/json' --data-binary "@$2"
  echo
}

put _ilm/policy/glasshouse-logs ilm-policy.json
put _index_template/glasshouse-logs index-template.json

# An existing stream takes the new template at its next rollover.
if curl --silent --fail --output /dev/null "$elasticsearch/_data_stream/$stream"; then
  echo "$stream is there"
else
  curl --silent --show-error --fail-with-body --request PUT "$elasticsearch/_data_stream/$stream"
fi
