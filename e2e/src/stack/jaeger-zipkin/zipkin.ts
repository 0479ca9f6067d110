import { readComposeService } from '../compose-file.js';
import { answers, freePorts, startTool, toolPath } from '../tool.js';
import type { RealTracing } from './jaeger.js';

/** Zipkin with the settings that Compose gives it. */
export const startZipkin = async (): Promise<RealTracing> => {
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const { JAVA_OPTS = '', ...environment } = (await readComposeService('zipkin')).environment;
  const server = await startTool({
    name: 'Zipkin',
    command: 'java',
    args: [...JAVA_OPTS.trim().split(/\s+/), '-jar', toolPath('zipkin')],
    environment: { ...environment, QUERY_PORT: `${port}` },
    isReady: () => answers(`${url}/health`),
  });
  return { ...server, url, intake: `${url}/api/v2/spans` };
};
