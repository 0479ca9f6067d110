import { answers, freePorts, startTool, toolPath } from '../tool.js';

/** What toxiproxy can do to the bytes of a link; times are milliseconds, sizes bytes, rates kilobytes per second. */
export type Fault =
  | { readonly type: 'latency'; readonly attributes: { readonly latency: number } }
  | { readonly type: 'bandwidth'; readonly attributes: { readonly rate: number } }
  | { readonly type: 'slow_close'; readonly attributes: { readonly delay: number } }
  /** Nothing gets through any more; 0: and no connection ends. */
  | { readonly type: 'timeout'; readonly attributes: { readonly timeout: number } }
  | { readonly type: 'reset_peer'; readonly attributes: { readonly timeout: number } }
  | { readonly type: 'limit_data'; readonly attributes: { readonly bytes: number } };

/** Where the fault hits: what the caller sends, or what it is sent. */
export type Direction = 'upstream' | 'downstream';

/** A way between two processes that can be made worse. */
export interface Link {
  /** The callee's URL, with this link's address in place of the callee's. */
  readonly url: string;
  worsen(fault: Fault, direction?: Direction): Promise<void>;
  /** Takes every fault away. */
  heal(): Promise<void>;
}

export interface FaultyLinks {
  /** @param url of the callee: scheme, host, port and whatever may follow */
  through(name: string, url: string): Promise<Link>;
  /** Heals every link. */
  heal(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a real toxiproxy; it is told what to do by its HTTP API. */
export const startFaultyLinks = async (): Promise<FaultyLinks> => {
  const [port = 0] = await freePorts(1);
  const api = `http://127.0.0.1:${port}`;
  const toxiproxy = await startTool({
    name: 'toxiproxy',
    command: toolPath('toxiproxy'),
    args: ['-host', '127.0.0.1', '-port', String(port)],
    isReady: () => answers(`${api}/version`),
  });

  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${api}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`toxiproxy, ${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };

  const links: Link[] = [];
  return {
    async through(name, url) {
      const [, scheme = '', upstream = '', rest = ''] = /^(\w+:\/\/)([^/]+)(.*)$/.exec(url) ?? [];
      const proxy = { name, upstream, listen: '127.0.0.1:0', enabled: true };
      const { listen } = (await call('POST', '/proxies', proxy)) as { listen: string };
      const toxics = `/proxies/${name}/toxics`;
      const link: Link = {
        url: `${scheme}${listen}${rest}`,
        worsen: async (fault, stream = 'downstream') => {
          await call('POST', toxics, { name: `${fault.type}-${stream}`, ...fault, stream });
        },
        async heal() {
          const faults = (await call('GET', toxics)) as { name: string }[];
          for (const fault of faults) await call('DELETE', `${toxics}/${fault.name}`);
        },
      };
      links.push(link);
      return link;
    },
    async heal() {
      for (const link of links) await link.heal();
    },
    stop: () => toxiproxy.stop(),
  };
};
