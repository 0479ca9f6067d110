import request from 'supertest';
import { createSpanStore } from '../store/spans.js';
import { createJaegerCollector, createZipkinApi } from './collectors.js';

const create = () => createSpanStore({ maxBytes: 2 ** 28, referenced: () => () => false });
const id = '0123456789abcdef0123456789abcdef';
const zipkinSpan = {
  traceId: id,
  id: '00000000000000a1',
  parentId: '00000000000000a0',
  kind: 'SERVER',
  name: 'get /api/products',
  timestamp: 1_795_348_800_000_000,
  duration: 1_500,
  localEndpoint: { serviceName: 'product' },
  tags: { 'http.method': 'GET' },
};

describe('the Zipkin side', () => {
  const post = (spans = create()) => ({ spans, sent: request(createZipkinApi(spans, 10_000)).post('/api/v2/spans') });

  it('stores spans and gives their trace back', async () => {
    const { spans, sent } = post();
    await sent.send([zipkinSpan]).expect(202);
    expect(spans.traces([id]).get(id)).toHaveLength(1);
    const { body } = await request(createZipkinApi(spans, 10_000)).get(`/api/v2/trace/${id}`).expect(200);
    expect(body).toEqual([{ ...zipkinSpan, annotations: [] }]);
  });

  it.each<[string, string, string | object, number]>([
    ['spans in another form', 'application/json', [{ name: 'x' }], 400],
    ['something else than a list', 'application/json', { a: 1 }, 400],
    ['JSON that is none', 'application/json', '[{', 400],
    ['too much', 'application/json', JSON.stringify(['x'.repeat(20_000)]), 413],
    ['protobuf', 'application/x-protobuf', 'x', 415],
  ])('refuses %s', async (_, type, body, status) => {
    const { spans, sent } = post();
    await sent.type(type).send(body).expect(status);
    expect(spans.stats().received).toBe(0);
  });

  it('says that a trace is not there', async () => {
    await request(createZipkinApi(create(), 10_000)).get('/api/v2/trace/1').expect(404);
  });
});

describe('the Jaeger collector', () => {
  it.each([
    ['bytes that are no batch', 'application/x-thrift', Buffer.from([11, 0, 1, 255, 255, 255, 255]), 400],
    ['an empty body', 'application/x-thrift', Buffer.alloc(0), 400],
    ['too much', 'application/x-thrift', Buffer.alloc(20_000), 413],
    ['another type', 'application/json', Buffer.from('{}'), 400],
  ])('refuses %s', async (_, type, body, status) => {
    const spans = create();
    await request(createJaegerCollector(spans, 10_000)).post('/api/traces').type(type).send(body).expect(status);
    expect(spans.stats().received).toBe(0);
  });
});
