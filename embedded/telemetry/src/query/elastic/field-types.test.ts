import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fieldTypes } from './field-types.js';

const template = JSON.parse(
  readFileSync(join(__dirname, '../../../../../infra/elasticsearch/index-template.json'), 'utf8'),
) as { template: { mappings: { properties: Record<string, { type: string }> } } };

it('knows the fields of the index template, in their types', () => {
  const types = Object.entries(template.template.mappings.properties).map(([name, { type }]): [string, string] => [
    name,
    type === 'match_only_text' ? 'text' : type,
  ]);
  expect(Object.fromEntries(fieldTypes)).toEqual(Object.fromEntries(types));
});
