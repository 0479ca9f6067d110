import { join } from 'node:path';
import { root } from '../../launcher.js';
import { readComposeService } from '../compose-file.js';
import { answers, freePorts, startTool, type ToolProcess, toolPath } from '../tool.js';

export interface RealTracing extends Pick<ToolProcess, 'output' | 'stop'> {
  /** The query API, as a browser would ask it. */
  readonly url: string;
  /** Where services send spans. */
  readonly intake: string;
}

export interface RealJaeger extends RealTracing {
  /** `host:port` of its own metrics. */
  readonly metrics: string;
}

/** Jaeger with the files and settings that Compose gives it; only addresses differ. */
export const startJaeger = async (): Promise<RealJaeger> => {
  const [query = 0, grpc = 0, collector = 0, otlp = 0, health = 0, metrics = 0] = await freePorts(6);
  const url = `http://127.0.0.1:${query}`;
  const reader = { pull: { exporter: { prometheus: { host: '127.0.0.1', port: metrics } } } };
  const changes = {
    'extensions.healthcheckv2.http.endpoint': `127.0.0.1:${health}`,
    'extensions.jaeger_query.http.endpoint': `127.0.0.1:${query}`,
    'extensions.jaeger_query.grpc.endpoint': `127.0.0.1:${grpc}`,
    'extensions.jaeger_query.ui.config_file': join(root, 'infra/jaeger/ui.json'),
    'receivers.jaeger.protocols.thrift_http.endpoint': `127.0.0.1:${collector}`,
    'receivers.otlp.protocols.http.endpoint': `127.0.0.1:${otlp}`,
    'service.telemetry.metrics.readers': JSON.stringify([reader]),
  };
  const server = await startTool({
    name: 'Jaeger',
    command: toolPath('jaeger'),
    args: [
      `--config=${join(root, 'infra/jaeger/jaeger.yaml')}`,
      ...Object.entries(changes).map(([key, value]) => `--set=${key}=${value}`),
    ],
    environment: (await readComposeService('jaeger')).environment,
    isReady: async () => (await answers(`http://127.0.0.1:${health}/status`)) && (await answers(`${url}/api/services`)),
  });
  return { ...server, url, intake: `http://127.0.0.1:${collector}/api/traces`, metrics: `127.0.0.1:${metrics}` };
};
