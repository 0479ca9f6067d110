import { toUrl } from './location.js';
import { parseTime, toTimeRange } from './time-range.js';

const now = 1_795_370_000_000;

test.each([
  ['now', now],
  ['now-15m', now - 900_000],
  ['now-2d', now - 172_800_000],
  ['1795369000000', 1_795_369_000_000],
  ['yesterday', undefined],
  ['now-15', undefined],
  ['-5', undefined],
])('the time %s is %s', (text, ms) => {
  expect(parseTime(text, now)).toBe(ms);
});

test('a range is live if it ends now, and has two ends either way', () => {
  expect(toTimeRange('now-1h', 'now')).toMatchObject({ isLive: true });
  expect(toTimeRange('now-1h', 'now').resolve(now)).toEqual({ startMs: now - 3_600_000, endMs: now });
  const fixed = toTimeRange('1795369000000', '1795369500000');
  expect(fixed.isLive).toBe(false);
  expect(fixed.resolve(now)).toEqual({ startMs: 1_795_369_000_000, endMs: 1_795_369_500_000 });
});

test.each([
  ['now', 'now'],
  ['1795369500000', '1795369000000'],
  ['nonsense', 'now'],
  ['now-1h', '<script>'],
])('a range from %s to %s makes no sense and is the last quarter of an hour', (from, to) => {
  expect(toTimeRange(from, to)).toMatchObject({ from: 'now-15m', to: 'now' });
});

test('a URL keeps what a person reads in it, and leaves out what is empty', () => {
  expect(toUrl('/logs', { q: 'service.name:order a/b', from: undefined, to: '' })).toBe(
    '/logs?q=service.name:order+a/b',
  );
  expect(toUrl('/map', {})).toBe('/map');
  expect(new URLSearchParams(toUrl('/x', { q: 'a&b=c #%' }).slice(3)).get('q')).toBe('a&b=c #%');
});
