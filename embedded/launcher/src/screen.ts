export type State = 'waiting' | 'starting' | 'up' | 'down' | 'stopped';

/** Shows the parts and their states: a list that is redrawn on a terminal, one line per change elsewhere. */
export interface Screen {
  update(part: string, state: State, note?: string): void;
  /** Prints text below the list, which is redrawn no more; later changes of state get a line each. */
  settle(text: string): void;
}

const marks: Record<State, string> = { waiting: ' ', starting: '~', up: '+', down: '!', stopped: '-' };

export const createScreen = (parts: readonly string[], output: NodeJS.WriteStream): Screen => {
  const width = Math.max(...parts.map((part) => part.length));
  const states = new Map(parts.map((part) => [part, { state: 'waiting' as State, note: '' }]));
  let isLive = output.isTTY === true;
  let drawnLines = 0;

  const toLine = (part: string): string => {
    const { state, note } = states.get(part) ?? { state: 'waiting', note: '' };
    return `  [${marks[state]}] ${part.padEnd(width)}  ${state}${note === '' ? '' : ` (${note})`}`;
  };
  const draw = (): void => {
    const up = drawnLines > 0 ? `\u001b[${drawnLines}A` : '';
    output.write(up + [...states.keys()].map((part) => `\u001b[2K${toLine(part)}\n`).join(''));
    drawnLines = states.size;
  };

  return {
    update(part, state, note = '') {
      states.set(part, { state, note });
      if (isLive) draw();
      else output.write(`${toLine(part)}\n`);
    },
    settle(text) {
      isLive = false;
      output.write(`${text}\n`);
    },
  };
};
