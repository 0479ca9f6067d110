/**
 * The part of JSON Schema that Kubernetes allows in a custom resource definition ("structural schemas",
 * kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions), strictly: a field that the
 * schema does not know is an error, since the API server would silently drop it.
 */
export interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
}

export interface Definition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: Schema } }[];
  };
}

/** What every resource has, which definitions do not repeat. */
const metadata: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

export const findSchema = (definition: Definition, version: string): Schema | undefined => {
  const schema = definition.spec.versions.find(({ name }) => name === version)?.schema.openAPIV3Schema;
  return schema === undefined ? undefined : { ...schema, properties: { ...schema.properties, metadata } };
};

/** What is wrong with a value, each with its path. */
export const checkBySchema = (value: unknown, schema: Schema, path = ''): string[] => {
  const at = path === '' ? 'it' : path;
  if (schema.enum !== undefined && !schema.enum.includes(value)) return [`${at} is none of ${schema.enum.join(', ')}`];
  if (schema['x-kubernetes-int-or-string'] === true)
    return ['string', 'number'].includes(typeof value) ? [] : [`${at} is neither a number nor a text`];
  if (schema.type !== undefined && !isOfType(value, schema.type)) return [`${at} is no ${schema.type}`];
  if (typeof value === 'string' && schema.pattern !== undefined && !new RegExp(schema.pattern).test(value))
    return [`${at} does not match ${schema.pattern}`];
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? [] : value.flatMap((item, index) => checkBySchema(item, items, `${path}[${index}]`));
  }
  return isRecord(value) ? checkFields(value, schema, path) : [];
};

const checkFields = (value: Readonly<Record<string, unknown>>, schema: Schema, path: string): string[] => {
  const { properties = {}, additionalProperties, required = [] } = schema;
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true || additionalProperties === true;
  const missing = required.filter((name) => !(name in value)).map((name) => `${join(path, name)} is missing`);
  const wrong = Object.entries(value).flatMap(([name, inner]) => {
    const known = properties[name] ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
    if (known !== undefined) return checkBySchema(inner, known, join(path, name));
    return isOpen ? [] : [`${join(path, name)} is no field of it`];
  });
  return [...missing, ...wrong];
};

const join = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isOfType = (value: unknown, type: string): boolean => {
  if (type === 'object') return isRecord(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
};
