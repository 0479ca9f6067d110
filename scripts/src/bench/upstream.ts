import { createServer } from 'node:http';

// The same answer for everybody, so that only the proxies before it differ; a JWKS for the gateway's token check.
const product = JSON.stringify({
  sku: 'TEA-001',
  name: 'Assam',
  description: 'A strong black tea.',
  price: { amount: 1290, currency: 'EUR' },
  tags: ['tea', 'black'],
  available: 412,
});
const jwks = process.env.BENCH_JWKS ?? '{"keys":[]}';

const server = createServer((req, res) => {
  res.setHeader('content-type', 'application/json');
  res.end(req.url === '/.well-known/jwks.json' ? jwks : product);
});
server.keepAliveTimeout = 65_000;
server.listen(Number(process.env.PORT), '127.0.0.1');
