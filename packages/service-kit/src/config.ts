import { z } from 'zod';

const port = (value: number): z.ZodDefault<z.ZodCoercedNumber> =>
  z.coerce.number().int().min(0).max(65_535).default(value).describe('a port, 0 to 65535 (0: any free one)');

/** An address of another service: `http://product:8183`, without a slash at the end. */
export const httpUrl = z
  .url({ protocol: /^https?$/ })
  .transform((url) => url.replace(/\/+$/, ''))
  .describe('an http:// or https:// address');

/** Where a service keeps its documents: `mongodb://host:27017/order`. */
export const mongoUrl = z
  .string()
  .regex(/^mongodb(\+srv)?:\/\/.+/)
  .describe('a mongodb:// address with the name of the database');

/** Milliseconds from the environment. */
export const durationMs = z.coerce.number().int().nonnegative().describe('a whole number of milliseconds');

const optionalText = z.string().default('');

export interface BaseConfigOptions {
  /** The service's name; it is its host name and its `service.name` too. */
  name: string;
  /** The app's port; the internal one is 100 above, the admin one 200. */
  port: number;
}

/** The variables that every service has, as the raw shape to spread into its own schema. */
export const baseConfig = ({ port: appPort }: BaseConfigOptions) => ({
  PORT: port(appPort),
  INTERNAL_PORT: port(appPort + 100),
  ADMIN_PORT: port(appPort + 200),
  HOST: z.string().default('127.0.0.1').describe('the address to listen on'),
  PUBLIC_URL: httpUrl.default('http://localhost:8080'),
  LOG_LEVEL: z.enum(['error', 'warn', 'info', 'debug']).default('info').describe('error, warn, info or debug'),
  FLUENTD_URL: z
    .string()
    .regex(/^(tcp:\/\/[^/]+:\d+)?$/)
    .default('')
    .describe('tcp://host:port, or empty for standard output only'),
  TRACER: z.enum(['jaeger', 'otlp', 'none']).default('jaeger').describe('jaeger, otlp or none'),
  JAEGER_ENDPOINT: httpUrl.default('http://127.0.0.1:14268/api/traces'),
  ZIPKIN_ENDPOINT: httpUrl.optional(),
  OTLP_ENDPOINT: httpUrl.default('http://127.0.0.1:4318/v1/traces'),
  TRACE_SAMPLE_RATIO: z.coerce.number().min(0).max(1).default(1).describe('a share, 0 to 1'),
  CACHE_URL: z
    .string()
    .regex(/^(memory:|hazelcast:\/\/[^,/]+:\d+(,[^,/]+:\d+)*)$/)
    .default('memory:')
    .describe('memory: or hazelcast://host:5701,host:5701'),
  OAUTH_ISSUER: httpUrl.default('http://localhost:8080'),
  JWKS_URL: httpUrl.default('http://127.0.0.1:8081/.well-known/jwks.json'),
  SERVICE_KEYS_FILE: optionalText.describe('the path of a JSON file'),
  DEMO_MODE: z.stringbool().default(false).describe('true or false'),
});

export type BaseConfig = z.infer<z.ZodObject<ReturnType<typeof baseConfig>>>;

/** Everything that is wrong with the configuration at once, each problem with its variable and what is expected. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration is not valid:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/**
 * Reads a configuration from an environment. An empty variable counts as absent, unknown ones are ignored, and no
 * value is ever repeated in a problem, since it may be a secret.
 * @throws ConfigError with all problems
 */
export const parseConfig = <S extends z.ZodType>(
  schema: S,
  env: Readonly<Record<string, string | undefined>>,
): z.infer<S> => {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const result = schema.safeParse(present);
  if (result.success) return result.data;
  throw new ConfigError(result.error.issues.map((issue) => toProblem(schema, issue, present)));
};

const toProblem = (schema: z.ZodType, issue: z.core.$ZodIssue, env: Readonly<Record<string, unknown>>): string => {
  const name = String(issue.path[0] ?? 'configuration');
  const field = schema instanceof z.ZodObject ? (schema.shape[name] as z.ZodType | undefined) : undefined;
  const expected = toDescription(field) ?? issue.message;
  return `${name} ${name in env ? 'is not valid' : 'is missing'}; expected ${expected}`;
};

/** A default, an optional or a transformed value is described by what it wraps. */
const toDescription = (field: z.ZodType | undefined): string | undefined => {
  if (field === undefined) return undefined;
  const { innerType, in: input } = field.def as { innerType?: z.ZodType; in?: z.ZodType };
  return z.globalRegistry.get(field)?.description ?? toDescription(innerType ?? input);
};

/** The process's own environment; nothing but config.ts and main.ts may look at it. */
export const processEnvironment = (): Readonly<Record<string, string | undefined>> => process.env;
