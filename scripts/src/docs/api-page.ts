import { type Endpoint, type JsonSchema, type OpenApiDocument, type Operation, toEndpoints } from './open-api.js';

/** docs/api.md: one section per group, one heading per endpoint with what goes in and what comes out. */
export const toApiPage = (document: OpenApiDocument): string => {
  const groups = new Map<string, Endpoint[]>();
  for (const endpoint of toEndpoints(document)) {
    const tag = endpoint.operation.tags[0] ?? 'other';
    groups.set(tag, [...(groups.get(tag) ?? []), endpoint]);
  }
  return [
    '# The API',
    '',
    'Everything the gateway answers, generated from the schemas that validate the requests (`npm run docs`).',
    'The same as a machine reads it: `GET /openapi.json`; as a page to try it: `GET /docs`; for Postman:',
    '[glasshouse.postman_collection.json](glasshouse.postman_collection.json).',
    '',
    'Every answer carries `x-request-id` and `traceresponse`; errors are `application/problem+json` with a `code` from',
    '[errors.md](errors.md) and the `traceId` that explains them.',
    '',
    ...[...groups].flatMap(([tag, endpoints]) => [`## ${capitalize(tag)}`, '', ...endpoints.flatMap(toSection)]),
  ].join('\n');
};

const toSection = ({ method, path, operation }: Endpoint): string[] => [
  `### \`${method} ${path}\``,
  '',
  `${operation.summary}. ${toAccess(operation)}`,
  ...(operation.description === undefined ? [] : ['', operation.description]),
  '',
  ...toInputs(operation),
  '| answer | meaning |',
  '| --- | --- |',
  ...Object.entries(operation.responses).map(([status, { description }]) => `| ${status} | ${oneLine(description)} |`),
  '',
];

const toAccess = ({ security }: Operation): string =>
  security === undefined || security.length === 0
    ? 'Anyone.'
    : security.some((scheme) => 'client' in scheme)
      ? 'API clients: HTTP Basic, or `client_id` and `client_secret` in the body.'
      : 'With an access token.';

const toInputs = ({ parameters = [], requestBody }: Operation): string[] => {
  const rows = [
    ...parameters.map(({ name, in: place, required, description, schema }) =>
      toRow(
        `\`${name}\` (${place}${required === true ? ', required' : ''})`,
        description ?? schema?.description ?? '',
        schema,
      ),
    ),
    ...Object.values(requestBody?.content ?? {}).flatMap(({ schema }) =>
      Object.entries(schema?.properties ?? {}).map(([name, property]) =>
        toRow(`\`${name}\` (body)`, property.description ?? '', property),
      ),
    ),
  ];
  return rows.length === 0 ? [] : ['| input | |', '| --- | --- |', ...rows, ''];
};

const toRow = (name: string, description: string, schema: JsonSchema | undefined): string => {
  const example = schema?.examples?.[0];
  const type = schema?.enum?.map((value) => `\`${value}\``).join(', ') ?? schema?.type ?? '';
  const parts = [
    oneLine(description),
    type,
    example === undefined ? '' : `for instance \`${JSON.stringify(example)}\``,
  ];
  return `| ${name} | ${parts.filter((part) => part !== '').join('; ')} |`;
};

/** A table cell: the items of a list stand behind each other. */
const oneLine = (text: string): string =>
  text.replace(/^- /, '').replaceAll('\n- ', '; ').replaceAll('\n', ' ').replaceAll('|', '\\|');

const capitalize = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
