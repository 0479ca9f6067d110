import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from '../launcher.js';

/** What docker-compose.yml says of one service, as far as a process without a container can have it. */
export interface ComposeService {
  readonly build?: { readonly args?: Readonly<Record<string, string>> };
  readonly environment: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
  readonly user?: string;
  readonly read_only?: boolean;
  readonly tmpfs?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  /** Files below /run/secrets. */
  readonly secrets?: readonly { readonly source: string; readonly target: string }[];
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  /** Where each secret's file is made, from the root of the repository. */
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

export const readComposeFile = async (): Promise<ComposeFile> =>
  parse(await readFile(join(root, 'docker-compose.yml'), 'utf8'), { merge: true });

export const readComposeService = async (name: string): Promise<ComposeService> => {
  const service = (await readComposeFile()).services[name];
  if (service === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return service;
};
