import autocannon from 'autocannon';

// A process of its own, so that it can be pinned away from what it measures. Prints one number: answers per second.
const { BENCH_URL = '', BENCH_TOKEN = '', BENCH_SECONDS = '5' } = process.env;

autocannon(
  {
    url: BENCH_URL,
    connections: 32,
    duration: Number(BENCH_SECONDS),
    headers: { authorization: `Bearer ${BENCH_TOKEN}` },
  },
  (error, result) => {
    if (error || result.non2xx > 0 || result.errors > 0) {
      process.stderr.write(`bench: ${error ?? `${result.non2xx} answers were not 2xx, ${result.errors} errors`}\n`);
      process.exitCode = 1;
    }
    process.stdout.write(`${result.requests.average}\n`);
  },
);
