/** The rules for Dockerfiles that matter here; what is wrong, each as a sentence with its line. */
export const checkDockerfile = (text: string): string[] => {
  const instructions = readInstructions(text);
  const stages = new Set(
    instructions.flatMap(({ word, rest }) => (word === 'FROM' ? [/ AS (\S+)$/i.exec(rest)?.[1] ?? ''] : [])),
  );
  const users = instructions.filter(({ word }) => word === 'USER');
  const lastFrom = instructions.findLastIndex(({ word }) => word === 'FROM');
  const final = instructions.slice(lastFrom);
  return [
    ...instructions.flatMap(({ line, word, rest }) =>
      checkInstruction(word, rest, stages).map((problem) => `line ${line}: ${problem}`),
    ),
    ...(/^[1-9]\d*(:\d+)?$/.test(users.at(-1)?.rest ?? '') ? [] : ['the last USER is no number above 0']),
    ...(final.some(({ word }) => word === 'HEALTHCHECK') ? [] : ['the image has no HEALTHCHECK']),
    ...(final.some(({ word, rest }) => word === 'COPY' && !rest.startsWith('--from='))
      ? ['the image copies from the machine; copy from a stage']
      : []),
  ];
};

interface Instruction {
  readonly line: number;
  readonly word: string;
  readonly rest: string;
}

const readInstructions = (text: string): Instruction[] => {
  const found: Instruction[] = [];
  let open: { line: number; text: string } | undefined;
  for (const [index, raw] of text.split('\n').entries()) {
    if (/^\s*(#|$)/.test(raw)) continue;
    const start = open ?? { line: index + 1, text: '' };
    const whole = `${start.text} ${raw.replace(/\\$/, '')}`.trim();
    if (raw.endsWith('\\')) {
      open = { line: start.line, text: whole };
      continue;
    }
    open = undefined;
    const [, word = '', rest = ''] = /^(\w+)\s+(.*)$/s.exec(whole) ?? [];
    found.push({ line: start.line, word: word.toUpperCase(), rest });
  }
  return found;
};

const checkInstruction = (word: string, rest: string, stages: ReadonlySet<string>): string[] => {
  const problems: [isWrong: boolean, problem: string][] = [
    [word === 'ADD', 'ADD fetches and unpacks; use COPY'],
    [word === 'FROM' && !isPinnedBase(rest, stages), `FROM ${rest} is not pinned; name a version, by an ARG from .env`],
    [word === 'RUN' && /\bsudo\b/.test(rest), 'sudo; set USER instead'],
    [word === 'RUN' && /\b(curl|wget)\b.*\|\s*(ba)?sh\b/.test(rest), 'it runs what it downloads'],
    [word === 'RUN' && /\bnpm (install|i)\b/.test(rest), 'npm install takes what is newest; use npm ci'],
    [word === 'RUN' && /\bgem install\b/.test(rest) && !/--version \d/.test(rest), 'a gem without a version'],
    [
      word === 'RUN' && /\bapt-get install\b/.test(rest) && !rest.includes('/var/lib/apt/lists'),
      "apt's lists stay in the layer",
    ],
    [
      (word === 'ARG' || word === 'ENV') && /(PASSWORD|SECRET|TOKEN|_KEY)\b/i.test(rest),
      'a secret in an ARG or ENV stays in the image',
    ],
    [
      (word === 'CMD' || word === 'ENTRYPOINT') && !rest.startsWith('['),
      'a shell would get the signals; use the JSON form',
    ],
  ];
  return problems.flatMap(([isWrong, problem]) => (isWrong ? [problem] : []));
};

const isPinnedBase = (rest: string, stages: ReadonlySet<string>): boolean => {
  const [base = ''] = rest.split(' ');
  return stages.has(base) || /:\$\{\w+_VERSION\}$/.test(base) || /:v?\d+\.\d+/.test(base) || /@sha256:/.test(base);
};
