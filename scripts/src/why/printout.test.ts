import { explain } from '@glasshouse/console/analysis/why/explain';
import { printExplanation } from './printout.js';

const traceId = '4781ee61c33e32de7f91f2f9f9d5b7d8';
const atMs = Date.parse('2026-11-22T18:01:53.683Z');

const explanation = explain({
  text: traceId,
  subject: { kind: 'trace', id: traceId },
  looked: [],
  traces: [],
  lines: [
    {
      id: '1',
      atMs,
      level: 'warn',
      service: 'payment',
      message: 'Cut \u001b[2J off \u202e here.',
      fact: 'http.error',
      traceId,
      fields: { 'error.code': 'injected_fault', 'http.route': '/x' },
      cursor: [],
    },
  ],
  areLinesCut: false,
  around: [],
  breakers: [{ service: 'order', peer: 'payment', state: 'open' }],
  alerts: [],
  similar: [],
  peers: [],
  unavailable: [{ backend: 'jaeger', message: 'it cannot be reached' }],
});

test('names the cause, what is missing, and where to look, by whole addresses', () => {
  const text = printExplanation(explanation, { columns: 100, hasColors: false, consoleUrl: 'http://localhost:8090' });
  expect(text).toContain('  payment failed at /x: injected_fault');
  expect(text).toContain('! jaeger gave no answer about traces: it cannot be reached.');
  expect(text).toContain('circuit breaker open: order to payment');
  expect(text).toContain('http://localhost:8090/docs/errors#injected_fault');
});

test('what a log line says cannot steer the terminal', () => {
  const text = printExplanation(explanation, { columns: 100, hasColors: false, consoleUrl: undefined });
  expect(text).toContain('Cut ␛[2J off ⟨U+202E⟩ here.');
  expect(text).not.toContain('\u001b');
  expect(printExplanation(explanation, { columns: 100, hasColors: true, consoleUrl: undefined })).toContain(
    '\u001b[1m',
  );
});

test('no line is longer than the terminal', () => {
  const text = printExplanation(explanation, { columns: 60, hasColors: false, consoleUrl: undefined });
  const stories = text.split('\n').filter((line) => !line.includes('/'));
  for (const line of stories) expect(line.length).toBeLessThanOrEqual(60);
});
