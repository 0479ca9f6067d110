import type { Express, Request } from 'express';

/**
 * The failpoints of a test build, loaded only by `node --conditions=glasshouse-test` (package.json, `imports`).
 * `FAILPOINT`, or the text that is PUT to `/failpoints` on the admin port, holds `<point>[#n]=kill|hang`, several joined
 * by `;`. The n-th time (default the first) that the process reaches the point it kills itself, or stops all its threads
 * until somebody sends SIGCONT.
 */
type FailpointAction = 'kill' | 'hang';

interface Armed {
  point: string;
  /** How many times the point has still to be reached. */
  left: number;
  action: FailpointAction;
}

export interface Failpoints {
  reach(point: string): void;
  /** Replaces what is armed, and counts anew what is reached. Throws on text that is not in FAILPOINT's form. */
  arm(text: string): void;
  /** Every point that was reached, and how often: whoever wants to end the process at each of them reads here which there are. */
  reached(): Readonly<Record<string, number>>;
}

const signals = { kill: 'SIGKILL', hang: 'SIGSTOP' } as const;

const parseArmed = (text: string): Armed => {
  const match = /^(?<point>[^#]+?)(?:#(?<nth>[1-9]\d*))?=(?<action>kill|hang)$/.exec(text.trim());
  const { point, nth = '1', action } = match?.groups ?? {};
  if (point === undefined) throw new Error(`FAILPOINT: "${text}" is not <point>[#n]=kill|hang`);
  return { point, left: Number(nth), action: action === 'kill' ? 'kill' : 'hang' };
};

const parseAll = (text: string): Armed[] =>
  text
    .split(';')
    .filter((part) => part.trim() !== '')
    .map(parseArmed);

/** `act` must not return before the action has taken place. Throws on text that is not in FAILPOINT's form. */
export const createFailpoints = (text: string, act: (action: FailpointAction) => void): Failpoints => {
  let armed = parseAll(text);
  let counts = new Map<string, number>();
  return {
    reach(point) {
      counts.set(point, (counts.get(point) ?? 0) + 1);
      for (const one of armed) {
        if (one.point !== point) continue;
        one.left -= 1;
        if (one.left === 0) act(one.action);
      }
    },
    arm(next) {
      armed = parseAll(next);
      counts = new Map();
    },
    reached: () => Object.fromEntries(counts),
  };
};

// The same signature as the build without failpoints leaves no place to hand in the environment or the counts.
let failpoints: Failpoints | undefined;
const ofThisProcess = (): Failpoints => {
  // A signal to oneself is delivered before `kill` returns, so nothing of this process runs between the point and its end.
  failpoints ??= createFailpoints(process.env.FAILPOINT ?? '', (action) => process.kill(process.pid, signals[action]));
  return failpoints;
};

export const failpoint = (point: string): void => ofThisProcess().reach(point);

/** `PUT /failpoints` arms what its text says, while the process runs; `GET` tells what was reached since. */
export const addFailpointRoutes = (app: Express): void => {
  app
    .route('/failpoints')
    .get((_req, res) => void res.json(ofThisProcess().reached()))
    .put(async (req, res) => {
      const text = await readText(req);
      try {
        ofThisProcess().arm(text);
        res.status(204).end();
      } catch (error) {
        res.status(400).json({ problem: error instanceof Error ? error.message : String(error) });
      }
    });
};

const readText = async (req: Request): Promise<string> => {
  let text = '';
  for await (const chunk of req.setEncoding('utf8')) text += chunk;
  return text;
};
