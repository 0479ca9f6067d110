import { createBound, createPasswords } from './passwords.js';

test('a password is found again by its argon2id hash, another one is not, and an unknown account has none', async () => {
  const passwords = createPasswords({ concurrent: 4, waiting: 16 });
  const hash = await passwords.hash('correct horse');
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await passwords.verify(hash, 'correct horse')).toBe(true);
  expect(await passwords.verify(hash, 'battery staple')).toBe(false);
  expect(await passwords.verify(undefined, 'correct horse')).toBe(false);
  expect(passwords.inFlight()).toBe(0);
});

test('so many run at once, so many wait, and the next one is refused at once', async () => {
  const bound = createBound({ concurrent: 4, waiting: 16 });
  const open: (() => void)[] = [];
  let mostAtOnce = 0;
  const task = () => {
    mostAtOnce = Math.max(mostAtOnce, open.length + 1);
    return new Promise<void>((resolve) => open.push(resolve));
  };
  const taken = Array.from({ length: 20 }, () => bound.run(task));
  await expect(bound.run(task)).rejects.toMatchObject({ code: 'overloaded', retryAfterSeconds: 1 });
  expect(bound.inFlight()).toBe(20);
  let done = 0;
  for (const each of taken) void each.then(() => (done += 1));
  while (done < 20) {
    open.shift()?.();
    await Promise.resolve();
  }
  expect(mostAtOnce).toBe(4);
  expect(bound.inFlight()).toBe(0);
});

test('a task that fails gives its place back', async () => {
  const bound = createBound({ concurrent: 1, waiting: 1 });
  const failing = bound.run(() => Promise.reject(new Error('broken')));
  const waiting = bound.run(async () => 'done');
  await expect(failing).rejects.toThrow('broken');
  expect(await waiting).toBe('done');
  expect(bound.inFlight()).toBe(0);
});
