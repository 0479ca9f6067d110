import type { Labels } from '../promql/types.js';

const offset = 0xcbf29ce484222325n;
const prime = 0x100000001b3n;
const separator = 0xff;

/** What Alertmanager calls an alert: FNV-1a, 64 bits, over its labels in order, as 16 hexadecimal digits. */
export const toFingerprint = (labels: Labels): string => {
  let hash = offset;
  const add = (byte: number): void => {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * prime);
  };
  for (const name of Object.keys(labels).sort()) {
    for (const part of [name, labels[name] ?? '']) {
      for (const byte of Buffer.from(part)) add(byte);
      add(separator);
    }
  }
  return hash.toString(16).padStart(16, '0');
};
