import { readSubjects } from './subject.js';

const traceId = '4781ee61c33e32de7f91f2f9f9d5b7d8';
const requestId = '91c7590b-265a-4fe8-bf05-52e3dfe887f7';
const orderId = 'XHKMzuBzK6Bxzvrc3Y5LT3ocNQPr32A5apf_D0nQRP0';

test.each([
  [traceId, [`trace ${traceId}`, `request ${traceId}`]],
  [`  "${traceId.toUpperCase()}", `, [`trace ${traceId}`, `request ${traceId.toUpperCase()}`]],
  ['7f91f2f9f9d5b7d8', ['trace 00000000000000007f91f2f9f9d5b7d8', 'request 7f91f2f9f9d5b7d8']],
  [`00-${traceId}-7f91f2f9f9d5b7d8-01`, [`trace ${traceId}`]],
  [`< traceresponse: 00-${traceId}-7f91f2f9f9d5b7d8-01\r\n`, [`trace ${traceId}`]],
  [`uber-trace-id: ${traceId}:7f91f2f9f9d5b7d8:0:1`, [`trace ${traceId}`]],
  ['G-2026-122B45', ['order-number G-2026-122B45']],
  ['g-2026-122b45', ['order-number G-2026-122B45']],
  [orderId, [`order-id ${orderId}`, `request ${orderId}`]],
  [`http://localhost:8080/api/orders/${orderId}/invoice`, [`order-id ${orderId}`, `request ${orderId}`]],
  [`http://localhost:8090/traces/${traceId}?span=1`, [`trace ${traceId}`, `request ${traceId}`]],
  [`x-request-id: ${requestId}`, [`request ${requestId}`, `order-id ${requestId}`]],
  [requestId, [`request ${requestId}`, `order-id ${requestId}`]],
  ['my.request_1', ['request my.request_1']],
  ['', []],
  ['no', []],
  ['two words', []],
  ['<script>alert(1)</script>', []],
])('%s is read as %j', (text, subjects) => {
  expect(readSubjects(text).map(({ kind, id }) => `${kind} ${id}`)).toEqual(subjects);
});
