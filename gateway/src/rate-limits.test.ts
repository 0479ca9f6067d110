import { toNetwork } from './rate-limits.js';

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '::ffff:192.0.2.7'],
  ['2001:db8:1:2ff:1:2:3:4', '2001:db8:1:200'],
  ['2001:db8:1:2aa::9', '2001:db8:1:200'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['fe80::', 'fe80:0:0:0'],
])('the address %s is counted as %s', (address, network) => {
  expect(toNetwork(address)).toBe(network);
});
