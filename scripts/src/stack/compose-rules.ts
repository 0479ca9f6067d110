import { parse } from 'yaml';

/** A service of docker-compose.yml as far as the rules look at it. */
export interface ComposeService {
  readonly image?: string;
  readonly profiles?: readonly string[];
  readonly mem_limit?: string;
  readonly user?: string;
  readonly read_only?: boolean;
  readonly privileged?: boolean;
  readonly restart?: string;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly ports?: readonly string[];
  readonly links?: readonly string[];
  readonly networks?: readonly string[] | Readonly<Record<string, unknown>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: unknown;
  readonly logging?: { readonly driver?: string };
  readonly environment?: Readonly<Record<string, string>>;
  readonly build?: { readonly dockerfile: string };
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

export const parseCompose = (text: string): ComposeFile => parse(text, { merge: true }) as ComposeFile;

const memoryLimitMiB = 4_096;

/** Those write into their own folders and say so in docker-compose.yml; everything else has a read-only root. */
const writable = ['elasticsearch', 'kibana', 'logstash'];
/** Those read what belongs to root on the host. */
const root = ['filebeat', 'cadvisor'];
/** Their images come with a health check. */
const checkedByImage = ['zipkin', 'cadvisor'];
/** What a person opens in a browser. */
const published = [
  'gateway',
  'console',
  'kibana',
  'jaeger',
  'jaeger-elasticsearch',
  'zipkin',
  'prometheus',
  'alertmanager',
  'grafana',
];
const internalNetworks = ['shop', 'data', 'observability'];

/** The sum of the memory limits of a profile in MiB. */
export const toMemory = ({ services }: ComposeFile, profile: string): number =>
  Object.values(services)
    .filter(({ profiles = [] }) => profiles.includes(profile))
    .reduce((sum, { mem_limit = '' }) => sum + Number(/^(\d+)m$/.exec(mem_limit)?.[1] ?? Number.NaN), 0);

/** What is wrong with the compose file by this house's rules, each as a sentence that names the service. */
export const checkCompose = (file: ComposeFile, env: ReadonlySet<string>): string[] => [
  ...Object.entries(file.services).flatMap(([name, service]) =>
    [
      ...checkLimits(service),
      ...checkDoors(name, service),
      ...checkRestrictions(name, service),
      ...checkStart(name, service, file),
    ].map((problem) => `${name} ${problem}`),
  ),
  ...checkImages(file, env),
  ...internalNetworks
    .filter((network) => file.networks[network]?.internal !== true)
    .map((network) => `the network ${network} leads outside`),
  ...Object.entries(file.secrets)
    .filter(([, secret]) => !secret.file.startsWith('./.data/'))
    .map(([name, secret]) => `the secret ${name} is in ${secret.file}, where git might see it`),
  ...(toMemory(file, 'all') <= memoryLimitMiB ? [] : [`the default takes ${toMemory(file, 'all')} MiB`]),
];

const checkLimits = ({ mem_limit: limit = '', profiles = [] }: ComposeService): string[] => [
  ...(/^\d+m$/.test(limit) ? [] : ['has no memory limit in m']),
  ...(profiles.length > 0 ? [] : ['is in no profile']),
];

const checkDoors = (name: string, { ports = [], networks = [] }: ComposeService): string[] => {
  const names = Array.isArray(networks) ? networks : Object.keys(networks);
  return [
    ...ports
      .filter((port) => !port.startsWith('127.0.0.1:'))
      .map((port) => `publishes ${port} beyond the loopback address`),
    ...(ports.length === 0 || published.includes(name) ? [] : ['is published, but is neither a door nor a page']),
    ...(ports.length === 0 || names.includes('edge') ? [] : ['is published, but not on the network edge']),
    ...(ports.length > 0 || !names.includes('edge') ? [] : ['is on the network edge, but not published']),
  ];
};

const checkRestrictions = (name: string, service: ComposeService): string[] => [
  ...(service.cap_drop?.includes('ALL') === true ? [] : ['keeps capabilities']),
  ...(service.security_opt?.includes('no-new-privileges:true') === true ? [] : ['may gain privileges']),
  ...(service.privileged === true ? ['is privileged'] : []),
  ...(service.read_only === true || writable.includes(name) ? [] : ['may write to its root']),
  ...(service.tmpfs?.includes('/tmp') === true ? [] : ['has no tmpfs at /tmp']),
  ...(/^0(:|$)/.test(service.user ?? '') && !root.includes(name) ? ['runs as root'] : []),
  ...(service.build?.dockerfile.includes('infra/docker/Dockerfile') === true && service.user !== '65534:65534'
    ? ['is a process of ours, but not user 65534']
    : []),
  ...(service.logging?.driver === 'json-file' ? [] : ['has a log driver, or logs without a bound']),
];

const checkStart = (name: string, service: ComposeService, { services }: ComposeFile): string[] => {
  const needed = [...Object.keys(service.depends_on ?? {}), ...(service.links ?? [])];
  const isBuilt = service.build !== undefined;
  const ends = service.restart === 'no';
  return [
    ...needed
      .filter((other) => !(service.profiles ?? []).every((profile) => services[other]?.profiles?.includes(profile)))
      .map((other) => `needs ${other}, which is not in all of its profiles`),
    ...needed.filter((other) => other === 'fluentd').map(() => 'waits for Fluentd; logs must not hold up a start'),
    ...(service.healthcheck !== undefined || isBuilt || ends || checkedByImage.includes(name)
      ? []
      : ['has no health check']),
  ];
};

const checkImages = ({ services }: ComposeFile, env: ReadonlySet<string>): string[] =>
  Object.entries(services).flatMap(([name, { image = '' }]) => {
    if (/^glasshouse\/[\w-]+:local$/.test(image)) return [];
    const variable = /:\$\{(\w+)\}$/.exec(image)?.[1];
    if (variable === undefined) return [`${name} has an image (${image}) whose version is not in .env`];
    return env.has(variable) ? [] : [`${name} wants ${variable}, which is not in .env`];
  });

/** The variables of an .env file; only those that pin something. */
export const readPins = (text: string): Map<string, string> =>
  new Map(
    text.split('\n').flatMap((line): [string, string][] => {
      const pin = /^(\w+)=(.*)$/.exec(line);
      return pin === null ? [] : [[pin[1] ?? '', pin[2] ?? '']];
    }),
  );

/** A version that always names the same thing: not `latest`, not a bare major. */
export const isPinned = (version: string): boolean => /^v?\d+\.\d+/.test(version);
