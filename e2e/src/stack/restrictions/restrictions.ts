import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../../launcher.js';
import type { ComposeService } from '../compose-file.js';

/** Where infra/docker/Dockerfile puts everything. */
const imageRoot = '/glasshouse';

export interface Container {
  /** What docker-compose.yml says of it. */
  readonly service: ComposeService;
  readonly environment: Readonly<Record<string, string>>;
  /** Files that are mounted below /run/secrets, by their names there. */
  readonly secrets: Readonly<Record<string, string>>;
}

/**
 * The command that runs another one as a container of docker-compose.yml would, as far as that goes without a container
 * engine: the files of the image and no others, its user, and what the file says of root, /tmp, capabilities and
 * privileges. Memory, processes and networks are not restricted.
 */
export const inContainer = ({ service, environment, secrets }: Container, command: readonly string[]): string[] => {
  const workspace = service.build?.args?.WORKSPACE ?? '';
  const bind = service.read_only === true ? '--ro-bind' : '--bind';
  const image = ['node_modules', 'packages/telemetry', 'packages/service-kit', workspace, 'infra/docker/health.cjs'];
  const [uid = '0', gid = '0'] = (service.user ?? '').split(':');
  const dropsAll = service.cap_drop?.includes('ALL') === true;
  return [
    'bwrap',
    ...['--die-with-parent', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--clearenv'],
    ...['--setenv', 'PATH', '/opt/node/bin:/usr/bin', '--setenv', 'NODE_ENV', 'production'],
    ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
    // The base image: a Debian with Node.
    ...[bind, '/usr', '/usr', '--symlink', 'usr/lib', '/lib', '--symlink', 'usr/lib64', '/lib64'],
    ...[bind, realpathSync(process.execPath), '/opt/node/bin/node', '--proc', '/proc', '--dev', '/dev'],
    // Otherwise only root could enter the folders above them.
    ...['/run/secrets', ...image.map((path) => dirname(join(imageRoot, path)))].flatMap((folder) => ['--dir', folder]),
    ...image.flatMap((path) => [bind, join(root, path), join(imageRoot, path)]),
    ...Object.entries(secrets).flatMap(([name, file]) => ['--ro-bind', file, `/run/secrets/${name}`]),
    ...(service.tmpfs ?? []).flatMap((path) => ['--perms', '1777', '--tmpfs', path]),
    ...(service.read_only === true ? ['--remount-ro', '/'] : []),
    // Those that are needed to become another user are given up by setpriv.
    ...(dropsAll
      ? ['--cap-drop', 'ALL', ...['SETUID', 'SETGID', 'SETPCAP'].flatMap((name) => ['--cap-add', `CAP_${name}`])]
      : []),
    ...['--chdir', join(imageRoot, workspace), '--'],
    ...['setpriv', '--reuid', uid, '--regid', gid, '--clear-groups'],
    ...(dropsAll ? ['--inh-caps=-all', '--bounding-set=-all'] : []),
    ...(service.security_opt?.includes('no-new-privileges:true') === true ? ['--no-new-privs'] : []),
    '--',
    ...command,
  ];
};
