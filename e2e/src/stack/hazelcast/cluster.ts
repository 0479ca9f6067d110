import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '@glasshouse/test-kit';
import { root } from '../../launcher.js';
import { readComposeService } from '../compose-file.js';
import { answers, freePorts, startTool, type ToolProcess, toolPath } from '../tool.js';

/** The members' names in infra/hazelcast/hazelcast.yaml, each at a loopback address of its own, so that both have one port. */
const hosts = { hazelcast: '127.0.0.1', 'hazelcast-2': '127.0.0.2' } as const;
type MemberName = keyof typeof hosts;
const names = ['hazelcast', 'hazelcast-2'] as const satisfies readonly MemberName[];

/** Up to two real Hazelcast members with the configuration of docker-compose.yml. */
export interface HazelcastCluster {
  /** `CACHE_URL` as docker-compose.yml has it: with both members, whether they are there or not. */
  readonly url: string;
  /** Starts or kills members until so many are there, and waits until each entry has its backup. */
  have(size: 0 | 1 | 2): Promise<void>;
  /** Ends the first member, at once. */
  killFirst(): Promise<void>;
  /** Waits until the members that are left know that they are so many. */
  untilSize(size: 1 | 2): Promise<void>;
  stop(): Promise<void>;
}

export const createHazelcastCluster = async (): Promise<HazelcastCluster> => {
  const [port = 0] = await freePorts(1);
  const directory = await mkdtemp(join(tmpdir(), 'glasshouse-hazelcast-'));
  const hostsFile = join(directory, 'hosts');
  await writeFile(
    hostsFile,
    Object.entries(hosts).reduce((text, [name, address]) => `${text}${address} ${name}\n`, ''),
  );
  const { environment } = await readComposeService('hazelcast');
  const members = new Map<MemberName, ToolProcess>();

  const health = (name: MemberName, what: string): string => `http://${hosts[name]}:${port}/hazelcast/health/${what}`;

  const start = async (name: MemberName): Promise<void> => {
    const member = await startTool({
      name,
      command: 'java',
      args: [
        ...(environment.JAVA_OPTS ?? '').split(' '),
        `-Djdk.net.hosts.file=${hostsFile}`,
        '-Dhazelcast.config=infra/hazelcast/hazelcast.yaml',
        `-Dhz.network.port.port=${port}`,
        // A container has one address; here it must not take the other member's.
        `-Dhazelcast.local.localAddress=${hosts[name]}`,
        '-Dhazelcast.socket.bind.any=false',
        ...['-cp', toolPath('hazelcast'), 'com.hazelcast.core.server.HazelcastMemberStarter'],
      ],
      cwd: root,
      isReady: () => answers(health(name, 'ready')),
    });
    members.set(name, member);
  };

  const kill = async (name: MemberName): Promise<void> => {
    await members.get(name)?.stop('SIGKILL');
    members.delete(name);
  };

  const untilSize = async (size: number): Promise<void> => {
    for (const name of members.keys()) {
      await waitFor(`${name} to see ${size} members`, async () => {
        const response = await fetch(health(name, 'cluster-size'));
        return Number(await response.text()) === size;
      });
      await waitFor(`each entry of ${name} to have its backup`, () => answers(health(name, 'cluster-safe')), 30_000);
    }
  };

  return {
    url: `hazelcast://${names.map((name) => `${hosts[name]}:${port}`).join(',')}`,
    async have(size) {
      for (const name of names.slice(size)) await kill(name);
      await Promise.all(names.slice(0, size).map((name) => (members.has(name) ? undefined : start(name))));
      await untilSize(size);
    },
    killFirst: () => kill('hazelcast'),
    untilSize,
    async stop() {
      for (const name of names) await kill(name);
      await rm(directory, { recursive: true, force: true });
    },
  };
};
