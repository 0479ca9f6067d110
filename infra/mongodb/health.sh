#!/bin/bash
# Healthy is: the replica set exists and the port accepts. mongosh takes more memory than the rest, so it runs once.
set -eu
test -e /tmp/replica-set || { mongosh --quiet --norc /etc/glasshouse/replica-set.js && touch /tmp/replica-set; }
exec 3<>/dev/tcp/127.0.0.1/27017
