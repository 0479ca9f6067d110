import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';

/**
 * Helmet's headers, written down once per app: they differ in no request, and running its chain for each would cost
 * every one. An API's answers load nothing and may be framed by nobody; a page that needs more says so in its own reply.
 */
export const recordSecurityHeaders = (): readonly (readonly [string, string])[] => {
  const headers: [string, string][] = [];
  const recorder = {
    setHeader: (name: string, value: string) => void headers.push([name.toLowerCase(), value]),
    removeHeader: () => {},
  };
  const protect = helmet({
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
  });
  protect({} as IncomingMessage, recorder as unknown as ServerResponse, () => {});
  return headers;
};
