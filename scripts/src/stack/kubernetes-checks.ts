import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { serviceNames } from '@glasshouse/launcher/plan';
import { parseAllDocuments } from 'yaml';
import { checkBySchema, type Definition, findSchema } from './custom-resource.js';
import { checkKubernetes, type Resource } from './kubernetes-rules.js';
import { ensureStackSecrets } from './secrets.js';
import { type Outcome, runTool, type Surroundings, withTool } from './tool-checks.js';
import { tools } from './tools.js';

const overlays = ['laptop', 'production'];

/** Where the operators' own definitions are: Go modules, at a version, by the path inside. */
const definitionSources = [
  [
    'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    'example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml',
  ],
  [
    'github.com/mongodb/mongodb-kubernetes-operator@v0.9.0',
    'config/crd/bases/mongodbcommunity.mongodb.com_mongodbcommunity.yaml',
  ],
  [
    'github.com/elastic/cloud-on-k8s/v3@v3.5.0',
    'config/crds/v1/resources/elasticsearch.k8s.elastic.co_elasticsearches.yaml',
  ],
  ['github.com/elastic/cloud-on-k8s/v3@v3.5.0', 'config/crds/v1/resources/kibana.k8s.elastic.co_kibanas.yaml'],
] as const;

/** Its operator's definitions are in no package registry; docs/kubernetes.md says what that means. */
const withoutDefinition = ['Hazelcast'];

/** Builds every overlay, with secrets made for this, and holds the result against every schema that can be had. */
export const checkOverlays = async (at: Surroundings): Promise<Outcome[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'glasshouse-kubernetes-'));
  try {
    await cp(join(at.root, 'infra/kubernetes'), folder, { recursive: true });
    const outcomes: Outcome[] = [];
    for (const overlay of overlays) outcomes.push(...(await checkOverlay(at, folder, overlay)));
    return outcomes;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const checkOverlay = async (at: Surroundings, folder: string, overlay: string): Promise<Outcome[]> => {
  const built = join(folder, `${overlay}.yaml`);
  const resources: Resource[] = [];
  const build = await withTool(`Kubernetes overlay ${overlay}`, tools.kustomize, at, async (kustomize) => {
    await ensureStackSecrets(join(folder, 'overlays', overlay), serviceNames);
    const text = await runTool(kustomize, ['build', join(folder, 'overlays', overlay)], folder);
    await writeFile(built, text);
    resources.push(...parseAllDocuments(text).map((document) => document.toJS() as Resource));
    return { problems: checkKubernetes(resources, serviceNames), seen: `${resources.length} resources` };
  });
  if (resources.length === 0) return [build];
  return [build, await checkBuiltIn(at, overlay, built), await checkCustom(overlay, resources)];
};

/** The API's own resources, strictly. */
const checkBuiltIn = (at: Surroundings, overlay: string, file: string): Promise<Outcome> =>
  withTool(`${overlay} against the Kubernetes schemas`, tools.kubernetesValidate, at, async (validate) => {
    const said = await runTool(validate, ['--strict', file], at.root);
    return { problems: [], seen: `${[...said.matchAll(/ passed /g)].length} resources` };
  });

/** What the operators understand, against their own definitions. */
const checkCustom = async (overlay: string, resources: readonly Resource[]): Promise<Outcome> => {
  const name = `${overlay} against the operators' definitions`;
  const custom = resources.filter(({ apiVersion }) => /\.(com|co)\/v/.test(apiVersion));
  let definitions: Definition[];
  try {
    definitions = await Promise.all(definitionSources.map(([module, path]) => readDefinition(module, path)));
  } catch {
    return { name, problems: [], skipped: 'their Go modules cannot be had: install Go, and check the network' };
  }
  const problems = custom
    .filter(({ kind }) => !withoutDefinition.includes(kind))
    .flatMap((resource) => {
      const [group, version = ''] = resource.apiVersion.split('/');
      const definition = definitions.find(({ spec }) => spec.group === group && spec.names.kind === resource.kind);
      const schema = definition === undefined ? undefined : findSchema(definition, version);
      if (schema === undefined) return [`nobody defines ${resource.kind} of ${resource.apiVersion}`];
      return checkBySchema(resource, schema).map((problem) => `${resource.kind} ${resource.metadata.name}: ${problem}`);
    });
  return {
    name,
    problems,
    seen: `${custom.length - withoutDefinition.length} resources; none for ${withoutDefinition.join(', ')}`,
  };
};

const readDefinition = async (module: string, path: string): Promise<Definition> => {
  // Go keeps modules in its own cache.
  const { stdout } = await promisify(execFile)('go', ['mod', 'download', '-json', module], {
    cwd: tmpdir(),
    timeout: 300_000,
  });
  const { Dir: directory } = JSON.parse(stdout) as { Dir: string };
  return parseAllDocuments(await readFile(join(directory, path), 'utf8'))[0]?.toJS() as Definition;
};
