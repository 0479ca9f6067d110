import { parseTemplate } from './template.js';

const functions = [
  '{{ $value }}',
  '{{ humanize $value }}',
  '{{ $value | humanizePercentage }}',
  '{{ $value | humanizeDuration }}',
  '{{ printf "%.0f" $value }}',
  '{{ $value | printf "%.2f" }}',
];

// As Prometheus 2.42 renders them.
test.each([
  ['0', '0', '0', '0%', '0s', '0', '0.00'],
  ['-1', '-1', '-1', '-100%', '-1s', '-1', '-1.00'],
  ['0.5', '0.5', '500m', '50%', '500ms', '0', '0.50'],
  ['2.5', '2.5', '2.5', '250%', '2.5s', '2', '2.50'],
  ['1000.5', '1000.5', '1k', '1e+05%', '16m 40s', '1000', '1000.50'],
  ['2.0625', '2.0625', '2.062', '206.2%', '2.062s', '2', '2.06'],
  ['12345', '12345', '12.35k', '1.234e+06%', '3h 25m 45s', '12345', '12345.00'],
  ['1234567', '1.234567e+06', '1.235M', '1.235e+08%', '14d 6h 56m 7s', '1234567', '1234567.00'],
  ['0.00012345', '0.00012345', '123.4u', '0.01234%', '123.4us', '0', '0.00'],
  ['0.000012345', '1.2345e-05', '12.35u', '0.001234%', '12.35us', '0', '0.00'],
  ['99.995', '99.995', '100', '1e+04%', '1m 39s', '100', '100.00'],
  ['999.95', '999.95', '1000', '1e+05%', '16m 39s', '1000', '999.95'],
  ['61.5', '61.5', '61.5', '6150%', '1m 1s', '62', '61.50'],
  ['90061.7', '90061.7', '90.06k', '9.006e+06%', '1d 1h 1m 1s', '90062', '90061.70'],
  ['-75', '-75', '-75', '-7500%', '-1m 15s', '-75', '-75.00'],
  ['-0.25', '-0.25', '-250m', '-25%', '-250ms', '-0', '-0.25'],
  ['0.0333', '0.0333', '33.3m', '3.33%', '33.3ms', '0', '0.03'],
  ['0.99995', '0.99995', '1000m', '100%', '1000ms', '1', '1.00'],
  ['NaN', 'NaN', 'NaN', 'NaN%', 'NaN', 'NaN', 'NaN'],
  ['Infinity', '+Inf', '+Inf', '+Inf%', '+Inf', '+Inf', '+Inf'],
])('%s is written as Prometheus writes it', (value, ...expected) => {
  expect(functions.map((text) => parseTemplate(text)({}, Number(value)))).toEqual(expected);
});

test('text, labels and values are put together; a label that is missing is empty', () => {
  const template = parseTemplate('{{ $labels.job }} at {{$labels.instance}}{{ $labels.none }}: {{ $value }}%');
  expect(template({ job: 'order', instance: 'o:1' }, 7)).toBe('order at o:1: 7%');
});

test('a label that holds a number can be formatted', () => {
  expect(parseTemplate('{{ $labels.le | humanizeDuration }}')({ le: '0.25' }, 0)).toBe('250ms');
});

test.each([
  ['{{ toUpper $labels.job }}', 'toUpper'],
  ['{{ $value | humanize1024 }}', 'humanize1024'],
  ['{{ $externalURL }}', '$externalURL'],
  ['{{ query "up" }}', 'query "up"'],
  ['{{ if $value }}x{{ end }}', 'if $value'],
  ['{{ $value | printf "%d" }}', 'printf "%d"'],
  ['{{- $value -}}', '- $value -'],
  ['{{ $value', 'braces'],
])('%s is refused by name', (text, named) => {
  expect(() => parseTemplate(text)).toThrow(named);
});
