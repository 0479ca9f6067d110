import type { Shop } from './shop.js';

/** A customer who can go on for as long as the load does. */
export interface LoadCustomer {
  /** An access token that is still valid for a while. */
  token(): Promise<string>;
}

/** A new customer who logs in again when two thirds of a token's life are over. `now` is in epoch milliseconds. */
export const createLoadCustomer = async (
  shop: Pick<Shop, 'register' | 'login'>,
  now = Date.now,
): Promise<LoadCustomer> => {
  const { email, password } = await shop.register();
  let renewAt = 0;
  let token = Promise.resolve('');
  const login = async (): Promise<string> => {
    try {
      const fresh = await shop.login(email, password);
      renewAt = toRenewal(fresh);
      return fresh;
    } catch (error) {
      renewAt = 0;
      throw error;
    }
  };
  const customer: LoadCustomer = {
    token() {
      if (now() < renewAt) return token;
      // Everybody who asks meanwhile waits for the same login.
      renewAt = Number.POSITIVE_INFINITY;
      token = login();
      return token;
    },
  };
  await customer.token();
  return customer;
};

/** By the token's own claims `iat` and `exp` (RFC 7519, section 4.1), epoch milliseconds. */
const toRenewal = (token: string): number => {
  const [, claims = ''] = token.split('.');
  const { iat, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { iat: number; exp: number };
  return (iat + ((exp - iat) * 2) / 3) * 1_000;
};
