/** Values of all samples, by `name metric{labels}`: the name of the process that told them. */
export type Samples = ReadonlyMap<string, number>;

/** Reads the metrics of processes now, by their names the addresses before `/metrics`. One that is down has no samples. */
export const readMetrics = async (addresses: Readonly<Record<string, string>>): Promise<Samples> => {
  const samples = new Map<string, number>();
  await Promise.all(
    Object.entries(addresses).map(async ([service, url]) => {
      const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(3_000) }).catch(() => undefined);
      for (const line of (await response?.text().catch(() => undefined))?.split('\n') ?? []) {
        const cut = line.lastIndexOf(' ');
        if (!line.startsWith('#') && cut > 0)
          samples.set(`${service} ${line.slice(0, cut)}`, Number(line.slice(cut + 1)));
      }
    }),
  );
  return samples;
};

/** What says something about one purchase; process figures (memory, event loop) move by themselves. */
const tellingNames =
  /^\S+ (http_server_request_duration_seconds_count|http_client_request_duration_seconds_count|db_client_operation_duration_seconds_count|cache_requests_total|orders_total|order_value_euros_sum|payments_total|stock_reservations_total|logins_total|retries_total)\b/;

/** The counters that grew between two readings, as `service metric{labels} +n`. */
export const toMoved = (before: Samples, after: Samples): string[] =>
  [...after]
    .filter(([name]) => tellingNames.test(name))
    .map(([name, value]) => ({ name, delta: value - (before.get(name) ?? 0) }))
    .filter(({ delta }) => delta > 0)
    .map(({ name, delta }) => `${name} +${Number(delta.toFixed(2))}`)
    .sort();
