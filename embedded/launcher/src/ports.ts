import { connect, createServer } from 'node:net';
import { wantedPorts } from './plan.js';

const host = '127.0.0.1';

/** Browsers and Node's fetch open no connection to these (WHATWG Fetch, "bad port"); of those that an offset can reach. */
const badPorts = new Set([10_080]);

/** Says for each port that cannot be used which part wants it, and why; empty if all can. */
export const findTakenPorts = async (offset: number): Promise<string[]> => {
  const problems = await Promise.all(
    wantedPorts.map(async ({ port, part }) => {
      const wanted = `Port ${port + offset}, wanted by ${part},`;
      if (badPorts.has(port + offset)) return `${wanted} is one that browsers refuse to open.`;
      return (await isFree(port + offset)) ? undefined : `${wanted} is taken by another program.`;
    }),
  );
  return problems.filter((problem) => problem !== undefined);
};

/**
 * An offset at which every port of the plan is free at this moment. The start is random, so that two seekers differ.
 * With 5,700 the highest port is 32,717: from 32,768 on, Linux gives ports to outgoing connections, and one of those
 * could take the port of a part that is being restarted.
 */
export const findFreeOffset = async (random: () => number = Math.random): Promise<number> => {
  for (let attempt = 0; attempt < 50; attempt++) {
    const offset = 1_000 + Math.floor(random() * 471) * 10;
    if ((await findTakenPorts(offset)).length === 0) return offset;
  }
  throw new Error('No offset was found at which all ports are free. End other programs, or choose one with --offset.');
};

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });

/** Whether something accepts connections at that port. */
export const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, host);
    const settle = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
    socket.setTimeout(500, () => settle(false));
  });
