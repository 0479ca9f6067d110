import { timingSafeEqual } from 'node:crypto';
import { kitErrors } from '@glasshouse/service-kit';
import { type Client, firstPartyClientId, toDigest } from '../domain.js';
import { errors } from '../errors.js';
import type { Ports } from './ports.js';

/** What a request says about the client behind it: HTTP Basic, form parameters, or only an id. */
export interface ClientProof {
  readonly authorization?: string | undefined;
  readonly clientId?: string | undefined;
  readonly clientSecret?: string | undefined;
}

/** A confidential client has proved itself by its secret; the public one only says its name. */
export type KnownClient = { kind: 'confidential'; client: Client } | { kind: 'public'; client: { id: string } };

/** Client authentication of RFC 6749, section 2.3.1. */
export const createClientAuthentication = ({ clients, probe }: Pick<Ports, 'clients' | 'probe'>) => {
  const refuse = (): never => {
    probe.clientRefused();
    throw errors.invalidClient({ headers: { 'www-authenticate': 'Basic realm="glasshouse"' } });
  };

  const verify = async (id: string, secret: string): Promise<Client> => {
    const client = await clients.find(id);
    // The comparison happens for an unknown client too, so that both take equally long.
    const isRight = timingSafeEqual(
      Buffer.from(client?.secretHash ?? toDigest(''), 'hex'),
      Buffer.from(toDigest(secret), 'hex'),
    );
    return client !== undefined && isRight ? client : refuse();
  };

  /**
   * @returns `undefined` if the request names no client at all
   * @throws errors.invalidClient; kitErrors.invalidRequest for two methods at once
   */
  const identify = async ({ authorization, clientId, clientSecret }: ClientProof): Promise<KnownClient | undefined> => {
    if (authorization !== undefined) {
      if (clientSecret !== undefined) throw kitErrors.invalidRequest({ detail: 'Use one way to authenticate.' });
      const basic = parseBasic(authorization) ?? refuse();
      if (clientId !== undefined && clientId !== basic.id) return refuse();
      return { kind: 'confidential', client: await verify(basic.id, basic.secret) };
    }
    if (clientId === undefined) return clientSecret === undefined ? undefined : refuse();
    if (clientSecret !== undefined) return { kind: 'confidential', client: await verify(clientId, clientSecret) };
    return clientId === firstPartyClientId ? { kind: 'public', client: { id: clientId } } : refuse();
  };

  return {
    identify,

    /** For endpoints that public clients may use too. @throws errors.invalidClient if no client is named */
    async requireAny(proof: ClientProof): Promise<KnownClient> {
      return (await identify(proof)) ?? refuse();
    },

    /** @throws errors.invalidClient unless a confidential client proves itself */
    async requireConfidential(proof: ClientProof): Promise<Client> {
      const known = await identify(proof);
      return known?.kind === 'confidential' ? known.client : refuse();
    },
  };
};

/** Id and secret of `Basic base64(id:secret)`, each form-encoded within (RFC 6749, section 2.3.1). */
const parseBasic = (header: string): { id: string; secret: string } | undefined => {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const [, id, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8')) ?? [];
  if (id === undefined || secret === undefined) return undefined;
  try {
    return { id: decodeForm(id), secret: decodeForm(secret) };
  } catch {
    return undefined;
  }
};

const decodeForm = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '));
