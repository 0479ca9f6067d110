#!/bin/sh
# Run once per start by the container kibana-setup: what is there is overwritten by what is checked in.
set -eu
kibana=http://kibana:5601
cd "$(dirname "$0")"

answer=$(curl --silent --show-error --fail-with-body --header 'kbn-xsrf: setup' \
  --form file=@saved-objects.ndjson "$kibana/api/saved_objects/_import?overwrite=true")
echo "$answer"
# It answers 200 even if some of them were refused.
case "$answer" in *'"success":true'*) ;; *) exit 1 ;; esac

curl --silent --show-error --fail-with-body --header 'kbn-xsrf: setup' --header 'content-type: application/json' \
  --data '{"data_view_id":"glasshouse-logs","force":true}' "$kibana/api/data_views/default"
