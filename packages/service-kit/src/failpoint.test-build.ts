/**
 * The failpoints of a test build, loaded only by `node --conditions=glasshouse-test` (package.json, `imports`).
 * `FAILPOINT` holds `<point>[#n]=kill|hang`, several joined by `;`. The n-th time (default the first) that the process
 * reaches the point it kills itself, or stops all its threads until somebody sends SIGCONT.
 */
type FailpointAction = 'kill' | 'hang';

interface Armed {
  point: string;
  /** How many times the point has still to be reached. */
  left: number;
  action: FailpointAction;
}

const signals = { kill: 'SIGKILL', hang: 'SIGSTOP' } as const;

const parseArmed = (text: string): Armed => {
  const match = /^(?<point>[^#]+?)(?:#(?<nth>[1-9]\d*))?=(?<action>kill|hang)$/.exec(text.trim());
  const { point, nth = '1', action } = match?.groups ?? {};
  if (point === undefined) throw new Error(`FAILPOINT: "${text}" is not <point>[#n]=kill|hang`);
  return { point, left: Number(nth), action: action === 'kill' ? 'kill' : 'hang' };
};

/** `act` must not return before the action has taken place. Throws on text that is not in FAILPOINT's form. */
export const createFailpoints = (text: string, act: (action: FailpointAction) => void): ((point: string) => void) => {
  const armed = text
    .split(';')
    .filter((part) => part.trim() !== '')
    .map(parseArmed);
  return (point) => {
    for (const one of armed) {
      if (one.point !== point) continue;
      one.left -= 1;
      if (one.left === 0) act(one.action);
    }
  };
};

// The same signature as the build without failpoints leaves no place to hand in the environment or the counts.
let reach: ((point: string) => void) | undefined;

export const failpoint = (point: string): void => {
  // A signal to oneself is delivered before `kill` returns, so nothing of this process runs between the point and its end.
  reach ??= createFailpoints(process.env.FAILPOINT ?? '', (action) => process.kill(process.pid, signals[action]));
  reach(point);
};
