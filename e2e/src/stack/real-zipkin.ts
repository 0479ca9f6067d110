import type { RealTracing } from './real-jaeger.js';
import { answers, freePorts, startTool, toolPath } from './tool.js';

/** Zipkin with the settings that Compose gives it. */
export const startZipkin = async (): Promise<RealTracing> => {
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const server = await startTool({
    name: 'Zipkin',
    command: 'java',
    args: ['-Xms32m', '-Xmx64m', '-XX:+UseSerialGC', '-jar', toolPath('zipkin')],
    environment: { STORAGE_TYPE: 'mem', MEM_MAX_SPANS: '20000', QUERY_PORT: `${port}` },
    isReady: () => answers(`${url}/health`),
  });
  return { ...server, url, intake: `${url}/api/v2/spans` };
};
