import { createMetadataStore } from './metadata.js';

it('holds what a family is said to be, and no more families than it has room for', () => {
  const store = createMetadataStore();
  store.tell('a', 'type', 'counter');
  store.tell('a', 'help', 'All.');
  expect([...store.all()]).toEqual([['a', { type: 'counter', help: 'All.', unit: '' }]]);
  for (let index = 0; index < 5_000; index++) store.tell(`family ${index}`, 'type', 'gauge');
  expect(store.all().size).toBe(2_500);
  store.tell('a', 'unit', 'seconds');
  expect(store.all().get('a')?.unit).toBe('seconds');
});
