# Fluentd with its output for Elasticsearch. The plugin takes any major version of the client, the server only its own:
# both are named, the client first, so that the plugin does not fetch a newer one. All gems are pure Ruby.
ARG FLUENTD_VERSION
FROM fluent/fluentd:${FLUENTD_VERSION}
USER 0:0
RUN gem install --no-document elasticsearch --version 8.19.3 \
 && gem install --no-document fluent-plugin-elasticsearch --version 5.4.4 \
 && gem sources --clear-all \
 && mkdir -p /fluentd/buffer \
 && chown 65534:65534 /fluentd/buffer
USER 65534:65534
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 CMD ["ruby", "-rnet/http", "-e", "exit Net::HTTP.get_response(URI('http://127.0.0.1:24220/api/plugins.json')).is_a?(Net::HTTPOK)"]
