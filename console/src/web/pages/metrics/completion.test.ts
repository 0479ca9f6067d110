import fc from 'fast-check';
import { applySuggestion, type Completion, filterSuggestions, findCompletion } from './completion.js';

/** The caret is where the bar stands. */
const at = (text: string): Completion | undefined => findCompletion(text.replace('|', ''), text.indexOf('|'));

test.each<[string, string, Completion['wants']]>([
  ['ra|', 'ra', { kind: 'name' }],
  ['sum(rate(http_|', 'http_', { kind: 'name' }],
  ['up{|', '', { kind: 'label', metric: 'up' }],
  ['up{job="order", ins|', 'ins', { kind: 'label', metric: 'up' }],
  ['up{job="|', '', { kind: 'value', metric: 'up', label: 'job' }],
  ['up{job=~"or|"}', 'or', { kind: 'value', metric: 'up', label: 'job' }],
  ['up{job="a{b",in|', 'in', { kind: 'label', metric: 'up' }],
  ['sum by (jo|) (rate(orders_total[1m]))', 'jo', { kind: 'label', metric: 'orders_total' }],
  ['up{job="order"} + do|', 'do', { kind: 'name' }],
])('%s asks for the right thing', (text, typed, wants) => {
  expect(at(text)).toMatchObject({ typed, wants });
});

test.each(['', '|', 'rate(up[5|', 'label_replace(up, "a|', '1 + |'])('nothing is offered in %s', (text) => {
  expect(text === '' ? findCompletion('', 0) : at(text)).toBeUndefined();
});

test('names that begin with what is typed stand first, then those that contain its parts', () => {
  const all = ['http_requests', 'rate', 'http_client_duration', 'irate'].map((text) => ({ text, detail: '' }));
  expect(filterSuggestions('http_du', all).map(({ text }) => text)).toEqual(['http_client_duration']);
  expect(filterSuggestions('rate', [...all, { text: 'rate_x', detail: '' }]).map(({ text }) => text)).toEqual([
    'rate_x',
    'irate',
  ]);
});

test.each([
  ['ra|', { text: 'rate', detail: 'function: per second' }, 'rate(|'],
  ['up{jo|', { text: 'job', detail: 'label' }, 'up{job="|'],
  ['up{jo|="x"}', { text: 'job', detail: 'label' }, 'up{job|="x"}'],
  ['up{job="o|', { text: 'order', detail: 'value' }, 'up{job="order"|'],
  ['up{job="o|"}', { text: 'order', detail: 'value' }, 'up{job="order|"}'],
  ['sum by (jo|) (up)', { text: 'job', detail: 'label' }, 'sum by (job|) (up)'],
])('%s is completed and the caret stands where one goes on', (text, suggestion, expected) => {
  const completion = at(text);
  if (completion === undefined) throw new Error('nothing is offered');
  const { text: completed, caret } = applySuggestion(text.replace('|', ''), completion, suggestion);
  expect(`${completed.slice(0, caret)}|${completed.slice(caret)}`).toBe(expected);
});

test('whatever is typed, what is offered takes the place of the text before the caret', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), fc.nat(60), (text, place) => {
      const caret = Math.min(place, text.length);
      const found = findCompletion(text, caret);
      if (found === undefined) return;
      expect(found.to).toBe(caret);
      expect(text.slice(found.from, found.to)).toBe(found.typed);
    }),
  );
});
